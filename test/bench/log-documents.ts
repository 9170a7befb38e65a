import type { Elasticsearch } from '../servers/elasticsearch.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PAGE = 2_000;

/**
 * Indexes documents in the Elastic Common Schema around an alert of a service: six tenths in the incident window, two in
 * each of the others; forty kinds of lines, one of them new.
 * @param startsAt when the alert fires, epoch milliseconds
 */
export async function indexLogs(
  server: Elasticsearch,
  into: string,
  count: number,
  startsAt: number,
  service = 'checkout',
): Promise<void> {
  const documents = logDocuments(count, startsAt, service);
  for (let index = 0; index < documents.length; index += PAGE)
    await server.index(into, documents.slice(index, index + PAGE));
}

function logDocuments(count: number, startsAt: number, service: string): object[] {
  return Array.from({ length: count }, (_, index) => {
    const part = index % 10;
    const minutes = part < 6 ? -10.5 + (index % 1_200) / 120 : part < 8 ? -22.5 + (index % 1_200) / 120 : -10.5;
    const at = startsAt + minutes * MINUTE_MS - (part >= 8 ? DAY_MS : 0) + (index % 1_000);
    const isNew = part < 6 && index % 50 === 0;
    const kind = index % 39;
    const message = isNew
      ? `cannot reach psp-${index % 4}.example.org: no such host (request ${index.toString(16)})`
      : `worker ${kind} handled order ${index} of customer ${(index * 7919) % 10_007} in ${index % 400} ms from 10.0.${index % 256}.${kind} via route_${kind}`;
    return {
      ...{ '@timestamp': new Date(at).toISOString(), message, service: { name: service } },
      ...{ log: { level: isNew ? 'error' : kind === 7 ? 'warn' : 'info' }, host: { name: `h${index % 3}` } },
      kubernetes: { pod: { name: `${service}-7d4b9c6f5d-x2x7${index % 9}` }, namespace: 'shop' },
    };
  });
}
