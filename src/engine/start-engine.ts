import { Worker } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import type {
  CommandRequest,
  CommandResult,
  EngineCall,
  EngineSettings,
  FixAnswer,
  FixRequest,
  FromEngine,
  ToEngine,
} from './messages.ts';

/** A thread that has begun to load what the engine needs, while its starter still reads the configuration. */
export interface EngineThread {
  /** Opens the engine there. `onDeath` is called when the thread ends without having been told to. */
  open(settings: EngineSettings, onDeath: (why: string) => void): Promise<Engine>;
  /** It is not needed after all. */
  discard(): Promise<void>;
}

/** A storm makes much that is forgotten at once: a young generation without a bound grew to 150 MB, this one costs no speed. */
const YOUNG_MB = 24;

/** Starts the thread; loading in both threads at once saves a third of the time to ready. */
export function prepareEngine(): EngineThread {
  const worker = new Worker(new URL('./engine-thread.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  return {
    open: (settings, onDeath) => openIn(worker, settings, onDeath),
    discard: async () => void (await worker.terminate()),
  };
}

async function openIn(worker: Worker, settings: EngineSettings, onDeath: (why: string) => void): Promise<Engine> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const listeners: (() => void)[] = [];
  let serial = 0;
  const troubled: ((why: string | null) => void)[] = [];
  let trouble: string | null = null;
  /** Before that its end is how the start fails, and is told as such. */
  let serves = false;
  const say = (message: ToEngine): void => worker.postMessage(message);
  const call = <T>(request: EngineCall): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      serial += 1;
      waiting.set(serial, { resolve: resolve as (value: unknown) => void, reject });
      say({ type: 'call', id: serial, call: request });
    });
  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromEngine) => {
      if (message.type === 'ready') return resolve();
      if (message.type === 'committed') return listeners.forEach((listener) => listener());
      if (message.type === 'trouble') {
        trouble = message.why;
        return troubled.forEach((listener) => listener(message.why));
      }
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'answer') asked?.resolve(message.value);
      else asked?.reject(Object.assign(new Error(message.why), message.code === null ? {} : { code: message.code }));
    });
    worker.on('error', (error: Error) => {
      reject(error);
      die(error.stack ?? error.message);
    });
    worker.on('exit', (code) => {
      reject(new Error(`the store worker ended (${code}) before it was ready`));
      die(`it ended with status ${code}`);
    });
  });
  const die = (why: string): void => {
    for (const { reject } of waiting.values()) reject(new Error(`the store worker is gone: ${why}`));
    waiting.clear();
    if (serves) onDeath(why);
  };
  say({ type: 'open', settings });
  await ready;
  serves = true;
  return {
    deliveries: () => say({ type: 'deliveries' }),
    onCommitted: (listener) => void listeners.push(listener),
    trouble: () => trouble,
    onTrouble: (listener) => void troubled.push(listener),
    command: (request: CommandRequest) => call<CommandResult>({ name: 'command', ...request }),
    fix: (request: FixRequest) => call<FixAnswer>({ name: 'fix', request }),
    reload: async (config) => void (await call({ name: 'reload', config })),
    metrics: () => call<string>({ name: 'metrics' }),
    secret: async () => Buffer.from(await call<string>({ name: 'secret' }), 'hex'),
    async stop() {
      serves = false;
      await call({ name: 'stop' });
      await worker.terminate();
    },
  };
}
