import type { Command } from 'commander';
import { callBridge, type BridgeOptions } from './call-bridge.ts';
import { outputFlag } from './output-flag.ts';
import { CliError, type Terminal } from './terminal.ts';

type Flags = BridgeOptions & { output: 'table' | 'json'; by?: string; reason?: string };

interface FreezeJson {
  readonly frozen: boolean;
  readonly by: string | null;
  readonly since: string | null;
  readonly reason: string;
}

interface WithAttempts {
  readonly id: string;
  readonly attempts: readonly {
    readonly id: string;
    readonly fix: string;
    readonly target: string;
    readonly state: string;
    readonly hash: string | null;
    readonly reasons: readonly string[];
  }[];
}

interface FixJson {
  readonly id: string;
  readonly mode: string;
  readonly overrides: readonly { readonly matchers: readonly string[]; readonly mode: string }[];
  readonly breaker: { readonly open: boolean; readonly failures: number };
  readonly attempts: readonly {
    readonly incident: string;
    readonly target: string;
    readonly state: string;
    readonly at: string;
  }[];
}

/** A line for each fix, and one for each of its last attempts. */
function listFixes(fixes: readonly FixJson[]): string {
  if (fixes.length === 0) return 'There is no known fix; see rules/known-fixes.yaml.\n';
  const lines = fixes.flatMap(({ id, mode, overrides, breaker, attempts }) => {
    const modes = [mode, ...overrides.map((one) => `${one.mode} where ${one.matchers.join(', ')}`)].join('; ');
    const open = breaker.open ? 'breaker OPEN' : `breaker closed, ${breaker.failures} failed in a row`;
    const past = attempts.map(
      ({ incident, target, state, at }) => `    ${at}  ${incident}  ${target}  ${state.replaceAll('_', ' ')}`,
    );
    return [`${id}  ${modes}  (${open})`, ...past];
  });
  return `${lines.join('\n')}\n`;
}

/** `freeze` and `fix`: clients of a running bridge. */
export function addFixVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const client = (command: Command): Command =>
    command
      .option('--url <url>', 'the bridge', terminal.env['TIERBELL_URL'] ?? 'http://127.0.0.1:9096')
      .option('--token <token>', 'an API token', terminal.env['TIERBELL_TOKEN'])
      .addOption(outputFlag(['table', 'json']));
  const person = terminal.env['TIERBELL_USER'] ?? terminal.env['USER'];

  client(program.command('freeze'))
    .description('the kill switch: stop all automatic fixes, or allow them again')
    .argument('<on|off|status>', 'what to do')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who does it', person)
    .action(async (what: string, flags: Flags) => {
      if (!['on', 'off', 'status'].includes(what))
        throw new CliError(`freeze takes on, off or status, not ${JSON.stringify(what)}`, 2);
      const body =
        what === 'status' ? undefined : { frozen: what === 'on', reason: flags.reason ?? '', ...byOf(flags) };
      const answer = await callBridge<FreezeJson>(flags, '/api/v1/freeze', body);
      terminal.write(flags.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : `${speakFreeze(answer)}\n`);
      finish(0);
    });

  const fix = program.command('fix').description('known fixes: look at them, approve, turn down, run, reset');
  const decide = (verb: 'approve' | 'deny', text: string): Command =>
    client(fix.command(verb))
      .description(text)
      .argument('<incident>', 'INC-7')
      .option('--attempt <id>', 'which; without it the one that waits')
      .option('--reason <text>', 'why')
      .option('--by <name>', 'who does it', person)
      .action(async (id: string, flags: Flags & { attempt?: string }) => {
        const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
        const { attempts } = await callBridge<WithAttempts>(flags, path);
        const meant = attempts.findLast((one) =>
          flags.attempt === undefined ? one.state === 'awaiting_approval' : one.id === flags.attempt,
        );
        if (meant === undefined) throw new CliError(`no known fix of ${id} waits for approval`);
        const body = { ...byOf(flags), reason: flags.reason ?? '', hash: meant.hash };
        const answer = await callBridge<WithAttempts>(flags, `${path}/attempts/${meant.id}/${verb}`, body);
        tellAttempt(terminal, flags, answer, meant.fix);
        finish(0);
      });
  decide('approve', 'have a proposed fix run: exactly what was proposed, through all guards');
  decide('deny', 'turn a proposed fix down');

  client(fix.command('list'))
    .description('known fixes with their mode, breaker and last attempts')
    .action(async (flags: Flags) => {
      const { items } = await callBridge<{ items: FixJson[] }>(flags, '/api/v1/fixes');
      terminal.write(flags.output === 'json' ? `${JSON.stringify(items, null, 2)}\n` : listFixes(items));
      finish(0);
    });
  client(fix.command('run'))
    .description('have a known fix run for an incident, through all guards')
    .argument('<fix>', 'its id')
    .argument('<incident>', 'INC-7')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who does it', person)
    .action(async (id: string, incident: string, flags: Flags) => {
      const path = `/api/v1/incidents/${encodeURIComponent(incident)}/fixes/${encodeURIComponent(id)}/run`;
      const body = { ...byOf(flags), reason: flags.reason ?? '' };
      tellAttempt(terminal, flags, await callBridge<WithAttempts>(flags, path, body), id);
      finish(0);
    });
  client(fix.command('reset'))
    .description('close the breaker of a fix that went wrong again and again')
    .argument('<fix>', 'its id')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who does it', person)
    .action(async (id: string, flags: Flags) => {
      const body = { ...byOf(flags), reason: flags.reason ?? '' };
      const answer = await callBridge<FixJson>(flags, `/api/v1/fixes/${encodeURIComponent(id)}/reset`, body);
      terminal.write(flags.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : listFixes([answer]));
      finish(0);
    });
}

/** How the newest attempt of a fix stands. */
function tellAttempt(terminal: Terminal, { output }: Flags, answer: WithAttempts, fix: string): void {
  if (output === 'json') return terminal.write(`${JSON.stringify(answer, null, 2)}\n`);
  const last = answer.attempts.findLast((one) => one.fix === fix);
  if (last === undefined) return terminal.write(`${answer.id}: ${fix}\n`);
  const on = last.target === '' ? '' : ` on ${last.target}`;
  terminal.write(`${answer.id}: ${fix}${on}: ${last.state.replaceAll('_', ' ')}: ${last.reasons.join('; ')}\n`);
}

function byOf({ by }: Flags): { by?: string } {
  return by === undefined ? {} : { by };
}

function speakFreeze({ frozen, by, since, reason }: FreezeJson): string {
  if (!frozen) return 'Fixes may run.';
  const who = by === null || by === '' ? '' : ` by ${by}`;
  return `All automatic fixes are stopped${who}${since === null ? '' : ` since ${since}`}${reason === '' ? '' : `: ${reason}`}`;
}
