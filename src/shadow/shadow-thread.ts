import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openArchive } from '../store/open-storage.ts';
import type { FromShadow, ShadowSettings } from './messages.ts';
import { ShadowWatch } from './shadow-watch.ts';

/** The entry of the thread of the shadow rules: plays what was recorded, a tenth of the time at most. */

const LOOK_EVERY_MS = 1_000;
const AFTER_TROUBLE_MS = 5_000;
/** So many times as long as it worked it rests, as the bridge itself goes first. */
const REST = 9;

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const tell = (message: FromShadow): void => port.postMessage(message);
const { storage, running, shadow, skip } = workerData as ShadowSettings;
const archive = await openArchive(storage);
const watch = new ShadowWatch({ archive, running, shadow, skip, tell, now: () => Date.now() });

for (let trouble = false; ;) {
  try {
    await watch.follow();
    if (trouble) tell({ type: 'trouble', why: '' });
    trouble = false;
    await compareForAWhile();
  } catch (error) {
    trouble = true;
    tell({ type: 'trouble', why: error instanceof Error ? error.message : String(error) });
    await pause(AFTER_TROUBLE_MS);
  }
}

/** Until it is time to look again what was written. */
async function compareForAWhile(): Promise<void> {
  const until = performance.now() + LOOK_EVERY_MS;
  for (let left = LOOK_EVERY_MS; left > 0; left = until - performance.now()) {
    const begun = performance.now();
    const worked = await watch.compareNext();
    await pause(worked ? (performance.now() - begun) * REST : left);
  }
}
