import { parentPort } from 'node:worker_threads';
import { createLogger } from '../telemetry/logger.ts';
import { writeFully } from '../write-fully.ts';
import { openEngine, type Engine } from './engine.ts';
import type { EngineCall, EngineSettings, FromEngine, ToEngine } from './messages.ts';

/** The worker thread's entry: opens the engine and answers the receiving thread. */

const STANDARD_ERROR = 2;
const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const say = (message: FromEngine): void => port.postMessage(message);
let engine: Promise<Engine> | null = null;

port.on('message', (message: ToEngine) => {
  switch (message.type) {
    case 'open':
      engine = open(message.settings);
      return;
    case 'deliveries':
      return void engine?.then((opened) => opened.deliveries());
    case 'call':
      return void answer(message.call).then(
        (value) => say({ type: 'answer', id: message.id, value }),
        (error: unknown) => say({ type: 'failed', id: message.id, why: sentence(error), code: codeOf(error) }),
      );
  }
});

/** What cannot be opened ends the thread, and with it the start. */
async function open(settings: EngineSettings): Promise<Engine> {
  const log = createLogger(settings.log, (line) => void writeFully(STANDARD_ERROR, line));
  const opened = await openEngine(settings, log);
  tellCommits(opened);
  opened.onTrouble((why) => say({ type: 'trouble', why }));
  say({ type: 'ready' });
  return opened;
}

/** At most one message a turn, however many commits. */
function tellCommits(opened: Engine): void {
  let told = false;
  opened.onCommitted(() => {
    if (told) return;
    told = true;
    setImmediate(() => {
      told = false;
      say({ type: 'committed' });
    });
  });
}

async function answer(call: EngineCall): Promise<unknown> {
  if (engine === null) throw new Error('the engine is not open');
  const opened = await engine;
  switch (call.name) {
    case 'command':
      return opened.command(call);
    case 'fix':
      return opened.fix(call.request);
    case 'reload':
      return opened.reload(call.config);
    case 'metrics':
      return opened.metrics();
    case 'secret':
      return (await opened.secret()).toString('hex');
    case 'stop':
      await opened.stop();
      return null;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells trouble of the store from a bug on the other side as well. */
function codeOf(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : null;
}
