import { parentPort, threadId } from 'node:worker_threads';
import type { ToCollector } from '../../src/evidence/thread/messages.ts';

/** A thread in place of the one that reads logs, which does what the id of the evidence says. The reason names the thread. */
parentPort?.on('message', (message: ToCollector) => {
  if (message.type === 'call off') return answer(message.id, `called off in thread ${threadId}`);
  const { id, facts } = message;
  if (facts.id === 'needs too much') hoard();
  if (facts.id === 'breaks') throw new Error('a mistake of ours');
  if (facts.id === 'ends') process.exit(3);
  if (facts.id === 'never ends') for (;;);
  if (facts.id === 'waits') return;
  if (facts.id === 'in turn') return inTurn(() => answer(id, `read in thread ${threadId}`));
  setTimeout(() => answer(id, `read in thread ${threadId}`), facts.id === 'slow' ? 300 : 0);
});

let busyUntil = 0;

/** One after the other, as a store is asked by few at once. */
function inTurn(done: () => void): void {
  busyUntil = Math.max(busyUntil, performance.now()) + 400;
  setTimeout(done, busyUntil - performance.now());
}

function hoard(): void {
  for (const all: unknown[] = []; ;) all.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
}

function answer(id: number, reason: string): void {
  parentPort?.postMessage({
    id,
    collected: { evidence: { state: 'complete', reason }, raw: null, records: [], peer: null },
  });
}
