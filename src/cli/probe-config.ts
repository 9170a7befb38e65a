import { createChannel } from '../channels/registry.ts';
import type { Config } from '../config/schema.ts';
import { createLogStore } from '../evidence/create-log-store.ts';
import { createMetricsSource } from '../metrics/registry.ts';
import { createProvider } from '../providers/registry.ts';
import type { ProbeResult } from './check-config.ts';

const TIMEOUT_MS = 10_000;

/** Reaches every log store, metrics source and channel, without sending anything to people. */
export async function probeConfig(config: Config): Promise<ProbeResult[]> {
  const results = [
    ...config.logs.map((one) => probe(one.name, createLogStore(one))),
    ...config.channels.map((one) => probe(one.name, createChannel(one))),
    ...config.metrics.map(async ({ name }, index): Promise<ProbeResult> => {
      const source = createMetricsSource(config.metrics[index] as Config['metrics'][number]);
      const answer = await source.query('vector(1)', AbortSignal.timeout(TIMEOUT_MS));
      return { name, ok: answer.ok, detail: answer.ok ? 'answers queries' : answer.detail };
    }),
    ...config.providers.map(async (one): Promise<ProbeResult> => {
      const answer = await createProvider(one).status(AbortSignal.timeout(TIMEOUT_MS));
      const { name } = one;
      return { name, ok: answer.ok, detail: answer.ok ? `says: ${answer.value.summary}` : answer.detail };
    }),
  ];
  return Promise.all(results);
}

interface Probed {
  check(signal: AbortSignal): Promise<{ ok: true; detail: string } | { ok: false; detail: string }>;
  close(): Promise<void>;
}

async function probe(name: string, part: Probed): Promise<ProbeResult> {
  const { ok, detail } = await part.check(AbortSignal.timeout(TIMEOUT_MS));
  await part.close();
  return { name, ok, detail };
}
