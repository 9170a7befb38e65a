import { parentPort, workerData } from 'node:worker_threads';
import { collectLogs } from '../../src/evidence/collect.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { logStoreConfig } from '../../src/evidence/registry.ts';
import { elasticsearch } from '../../src/evidence/stores/elasticsearch.ts';

/** The store worker's part of the bench: asks and mines as often as it is told, one after the other. */
const { config, startsAt } = workerData as { config: { kind: 'elasticsearch' }; startsAt: number };
const parsed = logStoreConfig.parse(config);
if (parsed.kind !== 'elasticsearch') throw new Error('this measures Elasticsearch');
// Without the shelter, which would answer the second time from memory.
const store = elasticsearch.create(parsed);
const redact = createRedactor(Buffer.from('a key for the bench'));

parentPort?.on('message', (message: 'run' | 'end') => {
  if (message === 'end') return void store.close().then(() => parentPort?.close());
  const began = performance.now();
  const facts = { id: 'e', labels: { service: 'checkout' }, startsAt, now: startsAt + 300_000 };
  void collectLogs(facts, [store], redact, new AbortController().signal).then(({ evidence }) =>
    parentPort?.postMessage({
      ...{ ms: performance.now() - began, state: evidence.state, lines: evidence.lines.length },
      documents: evidence.windows.reduce((sum, { records }) => sum + records, 0),
    }),
  );
});
