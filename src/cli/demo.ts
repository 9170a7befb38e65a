import type { Command } from 'commander';
import type { Stage } from '../demo/stage.ts';
import { CliError, type Terminal } from './terminal.ts';

/** Characters a line where standard output is no terminal, and the most where it is one. */
const WIDTH = 80;

/** `tierbell demo [--exit]`: recorded alerts through a real bridge, with an account of what became of each. */
export function addDemo(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  program
    .command('demo')
    .description('a tour: seven recorded alerts through a bridge of its own; needs no server')
    .option('--exit', 'end after the tour, with status 0 only if every step came out as told', false)
    .action(async ({ exit }: { exit: boolean }) => finish(await demo(exit, terminal)));
}

async function demo(exit: boolean, terminal: Terminal): Promise<number | null> {
  const began = performance.now();
  const { Account } = await import('../demo/account.ts');
  const { playTour, tellBeginning, tellEnd } = await import('../demo/tour.ts');
  const { tellOutcome } = await import('../demo/outcome.ts');
  const account = new Account({ ...paperOf(terminal), write: (text) => terminal.write(text) });
  let ended = false; // who stops it half-way has not seen every step come out as told
  const status = (): number => (ended && account.failed === 0 ? 0 : 1);
  const stage = await start(terminal);
  terminal.onStop(() => void stop(stage, terminal).then(() => terminal.exit(status())));
  tellBeginning(stage, account);
  const bundles = await playTour(stage, account);
  ended = true;
  await tellOutcome(stage, account, bundles);
  tellEnd(stage, account, { bundles, tookMs: performance.now() - began, stays: !exit });
  if (!exit) return null;
  await stop(stage, terminal);
  return status();
}

async function start(terminal: Terminal): Promise<Stage> {
  const { setStage } = await import('../demo/stage.ts');
  return setStage({
    version: terminal.version,
    nodeVersion: terminal.nodeVersion,
    writeError: (text) => terminal.writeError(text),
    onDeath(why) {
      terminal.writeError(`tierbell: the bridge of the demo ended by itself: ${why}\n`);
      terminal.exit(1);
    },
  }).catch((error: unknown) => {
    throw new CliError(`the demo could not start: ${error instanceof Error ? error.message : String(error)}`);
  });
}

async function stop(stage: Stage, terminal: Terminal): Promise<void> {
  await stage.stop().catch((error: unknown) => terminal.writeError(`tierbell: stopping failed: ${String(error)}\n`));
}

/** Colours only for a person at a terminal who did not ask for none (https://no-color.org). */
function paperOf({ columns, env }: Terminal): { width: number; colours: boolean } {
  const plain = columns === null || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return { width: Math.min(WIDTH, columns || WIDTH), colours: !plain };
}
