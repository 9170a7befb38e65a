import { parentPort, workerData } from 'node:worker_threads';
import type { FromShadow, ShadowSettings } from '../../src/shadow/messages.ts';

/** A thread that hangs over INC-1, dies over INC-2, and tells of INC-3. */
const { skip } = workerData as ShadowSettings;
const tell = (message: FromShadow): void => parentPort?.postMessage(message);

for (const number of [1, 2, 3].filter((one) => !skip.includes(one))) {
  tell({ type: 'begins', number });
  if (number === 1) for (;;);
  if (number === 2) throw new Error('out of order');
  const finding = { number, title: 'Three', openedAt: 0, teams: [], differences: [] };
  tell({ type: 'compared', finding, behind: 0 });
}
setInterval(() => undefined, 1_000);
