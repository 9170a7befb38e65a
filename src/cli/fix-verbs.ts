import type { Command } from 'commander';
import { callBridge, type BridgeOptions } from './call-bridge.ts';
import { CliError, type Terminal } from './terminal.ts';

type Flags = BridgeOptions & { output: 'table' | 'json'; by?: string; reason?: string };

interface FreezeJson {
  readonly frozen: boolean;
  readonly by: string | null;
  readonly since: string | null;
  readonly reason: string;
}

/** `freeze` and `fix`: clients of a running bridge. */
export function addFixVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const client = (command: Command): Command =>
    command
      .option('--url <url>', 'the bridge', terminal.env['TIERBELL_URL'] ?? 'http://127.0.0.1:9096')
      .option('--token <token>', 'an API token', terminal.env['TIERBELL_TOKEN'])
      .option('-o, --output <form>', 'table or json', 'table');
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
}

function byOf({ by }: Flags): { by?: string } {
  return by === undefined ? {} : { by };
}

function speakFreeze({ frozen, by, since, reason }: FreezeJson): string {
  if (!frozen) return 'Fixes may run.';
  const who = by === null || by === '' ? '' : ` by ${by}`;
  return `All automatic fixes are stopped${who}${since === null ? '' : ` since ${since}`}${reason === '' ? '' : `: ${reason}`}`;
}
