import { existsSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';

/** Loaded by `--import` into each thread of a bridge under measurement: writes how late its event loop is into a file. */
const folder = process.env.BENCH_DELAYS ?? '';
const delay = monitorEventLoopDelay({ resolution: 1 });
let begun = false;

setInterval(() => {
  if (!begun && existsSync(`${folder}/begin`)) {
    begun = true;
    delay.enable();
  }
  if (!begun) return;
  const ms = (nanoseconds) => nanoseconds / 1e6;
  writeFileSync(`${folder}/${threadId}.json`, JSON.stringify({ p99: ms(delay.percentile(99)), max: ms(delay.max) }));
}, 100).unref();
