import type { Evidence } from '../../src/domain/incident.ts';
import { collectLogs } from '../../src/evidence/collect.ts';
import type { LogStore } from '../../src/evidence/log-store.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { createLogStore } from '../../src/evidence/create-log-store.ts';
import { logStoreConfig } from '../../src/evidence/registry.ts';

/** When the alerts of these stories fire. */
export const FIRED = Date.parse('2026-01-05T03:00:00Z');
export const MINUTE = 60_000;

/** So many minutes after the alert fired. */
export const at = (minutes: number): string => new Date(FIRED + minutes * MINUTE).toISOString();

/** A document in the Elastic Common Schema. */
export function ecs(minutes: number, level: string, message: string, service = 'checkout', more: object = {}): object {
  return {
    ...{ '@timestamp': at(minutes), message, log: { level }, service: { name: service }, host: { name: 'h1' } },
    kubernetes: { pod: { name: `${service}-7d4b9c6f5d-x2x7k` }, namespace: 'shop' },
    ...more,
  };
}

/** For answers that must be complete, however busy the machine of the test and its server is. */
export const PATIENT = { time: '250s' };

export type StoreConfig = Record<string, unknown>;

export function storeOf({ budget, ...config }: StoreConfig): LogStore {
  const patient = { ...PATIENT, ...(budget as object | undefined) };
  return createLogStore(logStoreConfig.parse({ name: 'elk', kind: 'elasticsearch', ...config, budget: patient }));
}

/** One evidence from a store that lives only for it. */
export async function evidenceFrom(
  config: StoreConfig,
  labels: Record<string, string> = { service: 'checkout' },
  startsAt = FIRED,
): Promise<Evidence> {
  const store = storeOf(config);
  const facts = { id: 'e', labels, startsAt, now: startsAt + 5 * MINUTE };
  const redact = createRedactor(Buffer.from('a key for tests'));
  const { evidence } = await collectLogs(facts, [store], redact, new AbortController().signal);
  await store.close();
  return evidence;
}
