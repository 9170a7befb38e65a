import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../servers/cleanup.ts';
import { post } from '../servers/http-client.ts';
import type { RestartPlan, RestartRecord } from '../servers/shop/restart.ts';
import type { ShopSettings } from '../servers/shop/service.ts';
import { startProcess } from '../servers/start-process.ts';

const PROGRAMS = join(dirname(fileURLToPath(import.meta.url)), '..', 'servers', 'shop');

/** A log line of the shop in the ECS field profile, with dotted names. */
export interface ShopDocument {
  readonly '@timestamp': string;
  readonly message: string;
  readonly 'log.level': string;
  readonly 'service.name': string;
  readonly 'host.name': string;
  readonly 'error.stack_trace'?: string;
}

export interface ShopOptions {
  /** Default `shop`. */
  readonly service?: string;
  /** Default `shop-1` alone. */
  readonly instances?: readonly string[];
  /** An order comes, and is logged, at each instance this often; default 250 ms. */
  readonly logEveryMs?: number;
  /** Is handed the log, e.g. `(documents) => elasticsearch.index('logs-shop', documents)`. */
  readonly ship?: (documents: readonly ShopDocument[]) => Promise<void>;
}

export interface Shop {
  readonly url: string;
  /** `host:port` of `/metrics`, for Prometheus: `shop_up{instance="shop-1"}` is 1 or 0. */
  readonly target: string;
  readonly service: string;
  readonly pid: number;
  /** The log as NDJSON of ECS documents. */
  readonly logFile: string;
  /** An executable with an absolute path: restarts the instance that its first argument names. */
  readonly restartCommand: string;
  /** The folder that holds only `restartCommand`, with a slash at its end, as executors allow it. */
  readonly commandFolder: string;
  /** The instance goes down and logs this cause as its first error; orders fail from then on. */
  break(instance?: string, cause?: string): Promise<void>;
  isUp(instance?: string): Promise<boolean>;
  /** Writes a line of its own into the log. */
  log(level: string, text: string, instance?: string): Promise<void>;
  /** How `restartCommand` goes from now on; what is not named goes well. */
  planRestart(plan: Partial<Omit<RestartPlan, 'shopUrl'>>): void;
  /** The runs of `restartCommand`: a line when one began, another when it ended. */
  restarts(): readonly RestartRecord[];
  /** Settles when every line up to now has been handed over. */
  shipped(): Promise<void>;
  /** What `ship` failed with; the lines of such a call are lost, as with a real shipper that has no room. */
  shipProblems(): readonly Error[];
  stop(): Promise<void>;
}

export const SHOP_CAUSE =
  'payment worker cannot start: libpayment.so.3: cannot open shared object file: No such file or directory';

/** A small service as a process of its own: metrics, a log, a way to break and a command that heals it. */
export async function startShop(options: ShopOptions = {}): Promise<Shop> {
  const folder = temporaryFolder('shop');
  const settings: ShopSettings = {
    service: options.service ?? 'shop',
    instances: options.instances ?? ['shop-1'],
    logFile: join(folder.path, 'shop.ndjson'),
    logEveryMs: options.logEveryMs ?? 250,
  };
  const running = await startProcess({
    name: 'the shop',
    command: process.execPath,
    args: ['--no-warnings', join(PROGRAMS, 'service.ts'), JSON.stringify(settings)],
    ready: /^\{"ready":true,"port":(\d+)\}$/,
    readyOn: 'stdout',
  });
  const url = `http://127.0.0.1:${running.ready[1]}`;
  const first = settings.instances[0] ?? '';
  const shipper = startShipper(settings.logFile, options.ship);
  const fixes = join(folder.path, 'fixes', '/');
  const planRestart: Shop['planRestart'] = (plan) => {
    const whole: RestartPlan = { shopUrl: url, delayMs: 0, heals: true, exitCode: 0, ...plan };
    writeFileSync(join(folder.path, 'restart-plan.json'), JSON.stringify(whole));
  };
  planRestart({});
  return {
    url,
    target: new URL(url).host,
    service: settings.service,
    pid: running.pid,
    logFile: settings.logFile,
    restartCommand: writeRestartCommand(fixes, folder.path),
    commandFolder: fixes,
    break: async (instance = first, cause = SHOP_CAUSE) => void (await post(`${url}/-/break`, { instance, cause })),
    isUp: async (instance = first) =>
      (await (await fetch(`${url}/metrics`)).text()).includes(`shop_up{instance=${JSON.stringify(instance)}} 1`),
    log: async (level, text, instance = first) => void (await post(`${url}/-/log`, { instance, level, text })),
    planRestart,
    restarts: () => readLines<RestartRecord>(join(folder.path, 'restarts.ndjson')),
    shipped: shipper.caughtUp,
    shipProblems: () => shipper.problems,
    stop: async () => {
      await running.stop();
      await shipper.stop();
      folder.remove();
    },
  };
}

/** A shell script, because a first line `#!` takes no long path and no two arguments. */
function writeRestartCommand(fixes: string, shopFolder: string): string {
  mkdirSync(fixes);
  const path = join(fixes, 'restart-shop');
  const words = [process.execPath, '--no-warnings', join(PROGRAMS, 'restart.ts'), shopFolder].map(shellWord);
  writeFileSync(path, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  return path;
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function readLines<T>(file: string, skip = 0): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(skip, -1);
  return lines.map((line) => JSON.parse(line) as T);
}

/** Follows the log file as a shipper does: in batches, one at a time, in order. */
function startShipper(logFile: string, ship: ShopOptions['ship']) {
  const problems: Error[] = [];
  let taken = 0;
  let last = Promise.resolve();
  const round = async (): Promise<void> => {
    const documents = readLines<ShopDocument>(logFile, taken);
    taken += documents.length;
    if (documents.length === 0 || ship === undefined) return;
    await ship(documents).catch((error: unknown) => problems.push(error as Error));
  };
  const caughtUp = (): Promise<void> => {
    last = last.then(round);
    return last;
  };
  const timer = setInterval(() => void caughtUp(), 200);
  timer.unref();
  return {
    problems,
    caughtUp,
    stop: (): Promise<void> => {
      clearInterval(timer);
      return last;
    },
  };
}
