import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '../telemetry/logger.ts';
import { openEngine, type Engine } from './engine.ts';
import type { EngineCall, EngineSettings, FromEngine, ToEngine } from './messages.ts';

/** The worker thread's entry: opens the engine and answers the receiving thread. */

const STANDARD_ERROR = 2;
const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const settings = workerData as EngineSettings;
const log = createLogger(settings.log, (line) => void writeSync(STANDARD_ERROR, line));
const say = (message: FromEngine): void => port.postMessage(message);

const engine = await openEngine(settings, log);
port.on('message', (message: ToEngine) => {
  if (message.type === 'deliveries') return engine.deliveries();
  answer(engine, message.call).then(
    (value) => say({ type: 'answer', id: message.id, value }),
    (error: unknown) => say({ type: 'failed', id: message.id, why: error instanceof Error ? error.message : String(error) }),
  );
});
say({ type: 'ready' });

async function answer(opened: Engine, call: EngineCall): Promise<unknown> {
  switch (call.name) {
    case 'command':
      return opened.command(call);
    case 'metrics':
      return opened.metrics();
    case 'secret':
      return (await opened.secret()).toString('hex');
    case 'stop':
      await opened.stop();
      return null;
  }
}
