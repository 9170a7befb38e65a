import type { Reading } from './one-page.ts';

export const KEEP_ALIVE = '30s';

type Place = Pick<Reading, 'client' | 'product' | 'index' | 'options'>;

/**
 * A point in time keeps paging steady. Null where the cluster does not give one: it is still read, one page for each
 * stratum. OpenSearch has its own address for it (docs.opensearch.org, "Point in Time").
 */
export async function openPit({ client, product, index, options }: Place): Promise<string | null> {
  try {
    if (product === 'Elasticsearch')
      return (await client.openPointInTime({ index, keep_alive: KEEP_ALIVE, ignore_unavailable: true }, options)).id;
    const path = `/${encodeURIComponent(index)}/_search/point_in_time`;
    const querystring = { keep_alive: KEEP_ALIVE };
    const answer = await client.transport.request<{ pit_id?: string }>({ method: 'POST', path, querystring }, options);
    return answer.pit_id ?? null;
  } catch {
    return null; // whatever it is, the search will meet it too, or does without
  }
}

/** It would go by itself after 30 s; the answer does not wait for a cluster that does not reply. */
export async function closePit({ client, product, options }: Place, id: string): Promise<void> {
  const brief = { ...options, signal: AbortSignal.timeout(1_000) };
  const closing =
    product === 'Elasticsearch'
      ? client.closePointInTime({ id }, brief)
      : client.transport.request({ method: 'DELETE', path: '/_search/point_in_time', body: { pit_id: [id] } }, brief);
  await closing.catch(() => undefined);
}
