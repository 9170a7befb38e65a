import { parentPort, workerData } from 'node:worker_threads';
import { createCollector } from '../collector.ts';
import { createRedactor } from '../redact.ts';
import { createLogStore } from '../create-log-store.ts';
import type { CollectorSettings, FromCollector, ToCollector } from './messages.ts';

/** The entry of the thread that reads logs: asks the stores, decodes, redacts, mines and ranks, so that no other thread waits. */

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const { stores, secret } = workerData as CollectorSettings;
const collector = createCollector(stores.map(createLogStore), createRedactor(secret));
const underWay = new Map<number, AbortController>();

port.on('message', (message: ToCollector) => {
  if (message.type === 'call off') return underWay.get(message.id)?.abort();
  const { id, facts } = message;
  const calledOff = new AbortController();
  underWay.set(id, calledOff);
  void collector.collect(facts, calledOff.signal).then((collected) => {
    underWay.delete(id);
    port.postMessage({ id, collected } satisfies FromCollector);
  });
});
