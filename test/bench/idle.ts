import { setTimeout as sleep } from 'node:timers/promises';
import { benchFolder, startBridge } from './bridge.ts';

const ROUNDS = 5;
const SETTLE_MS = 3_000;

/** Starts the bridge several times on an empty store. @returns the table */
export async function benchIdle(): Promise<string> {
  const ready: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const folder = benchFolder();
    const bridge = await startBridge(folder.path, '{ name: bench, kind: webhook, url: "http://127.0.0.1:9/" }');
    ready.push(bridge.readyAfterMs);
    await sleep(SETTLE_MS);
    memory.push(bridge.rssMb());
    await bridge.stop();
    folder.remove();
  }
  const spread = (values: number[]): string => {
    const sorted = [...values].sort((a, b) => a - b);
    return [sorted[0], sorted[Math.floor(ROUNDS / 2)], sorted.at(-1)]
      .map((value) => (value ?? 0).toFixed(0).padStart(8))
      .join('');
  };
  return [
    '                     min  median     max',
    `time to ready ms${spread(ready)}`,
    `idle RSS MB     ${spread(memory)}`,
  ].join('\n');
}
