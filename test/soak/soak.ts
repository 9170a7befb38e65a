import { parseArgs } from 'node:util';
import { stopEverything } from '../servers/cleanup.ts';

/**
 * The long fault runs: `npm run soak [-- NAME…] [--kills N] [--minutes N] [--rate N] [--seed N]`. Each ends with a table;
 * exit status 1 when a promise broke, 2 for wrong usage. The same seed gives the same alerts and the same moments.
 */

interface Settings {
  readonly kills: number;
  readonly minutes: number;
  readonly rate: number;
  readonly seed: number;
}

interface Result {
  readonly text: string;
  /** One sentence for each promise that broke. */
  readonly broken: readonly string[];
}

type Say = (line: string) => void;

const RUNS: Readonly<Record<string, { what: string; run: (settings: Settings, say: Say) => Promise<Result> }>> = {
  kill: {
    what: 'kill -9 at seeded moments: nothing lost, nobody untold, a notice again only after a kill, no fix begun twice',
    run: async (settings, say) =>
      (await import('./kill.ts')).soakKill((await import('./one-bridge.ts')).oneBridge, settings, say),
  },
  postgres: {
    what: 'two replicas on PostgreSQL: kill -9 of one of them, or the database stopped at once; the same promises',
    run: async (settings, say) =>
      (await import('./kill.ts')).soakKill((await import('./two-replicas.ts')).twoReplicas, settings, say),
  },
  load: {
    what: 'steady load: every delivery answered with 200, p99 < 1 s, RSS < 512 MB, the work done within a minute',
    run: async (settings, say) => (await import('./load.ts')).soakLoad(settings, say),
  },
};

/** Without names: what needs nothing but Node. */
const USUAL = Object.keys(RUNS).filter((name) => name !== 'postgres');

const usage = (why: string): never => {
  process.stderr.write(`${why}\nusage: npm run soak [-- NAME… --kills 300 --minutes 30 --rate 20 --seed 1]; `);
  process.stderr.write(`there are ${Object.keys(RUNS).join(', ')}\n`);
  process.exit(2);
};

function readArguments(): { names: readonly string[]; settings: Settings } {
  const option = (value: string) => ({ type: 'string', default: value }) as const;
  const options = { kills: option('300'), minutes: option('30'), rate: option('20'), seed: option('1') };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.filter((name) => !Object.hasOwn(RUNS, name));
  if (unknown.length > 0) usage(`no soak run ${unknown.join(', ')}`);
  const number = (name: keyof typeof values): number =>
    /^[1-9]\d{0,8}$/.test(values[name]) ? Number(values[name]) : usage(`--${name}: ${values[name]} is no whole number`);
  const settings = { kills: number('kills'), minutes: number('minutes'), rate: number('rate'), seed: number('seed') };
  return { names: positionals.length > 0 ? positionals : USUAL, settings };
}

function safeArguments(): ReturnType<typeof readArguments> {
  try {
    return readArguments();
  } catch (error) {
    return usage((error as Error).message);
  }
}

const { names, settings } = safeArguments();
let failed = false;
for (const name of names) {
  const { what, run } = RUNS[name] as (typeof RUNS)[string];
  process.stdout.write(`\n${name}: ${what} (seed ${settings.seed})\n`);
  const { text, broken } = await run(settings, (said) => void process.stderr.write(`${said}\n`));
  process.stdout.write(`${text}\n${broken.map((each) => `BROKEN: ${each}\n`).join('') || 'every promise held\n'}`);
  failed ||= broken.length > 0;
}
await stopEverything();
process.exitCode = failed ? 1 : 0;
