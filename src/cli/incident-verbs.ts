import type { Command } from 'commander';
import { callBridge, type BridgeOptions } from './call-bridge.ts';
import { describeIncident, listIncidents, type IncidentJson } from './incident-text.ts';
import type { Terminal } from './terminal.ts';

type Flags = BridgeOptions & {
  output: 'table' | 'json';
  by?: string;
  takeover?: boolean;
  level?: string;
  reason?: string;
};

/** Verbs of `incident`: clients of a running bridge. */
export function addIncidentVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const incident = program.command('incident').description('look at incidents and work on them');
  const verb = (name: string, text: string): Command =>
    incident
      .command(name)
      .description(text)
      .option('--url <url>', 'the bridge', terminal.env['TIERBELL_URL'] ?? 'http://127.0.0.1:9096')
      .option('--token <token>', 'an API token', terminal.env['TIERBELL_TOKEN'])
      .option('-o, --output <form>', 'table or json', 'table');
  const person = terminal.env['TIERBELL_USER'] ?? terminal.env['USER'];

  verb('list', 'the newest incidents')
    .option('--status <status...>', 'only these')
    .option('--level <level...>', 'only at these levels')
    .option('--category <category...>', 'only of these categories')
    .option('--limit <n>', 'how many', '50')
    .action(
      async (flags: Flags & Record<'status' | 'level' | 'category', string[] | undefined> & { limit: string }) => {
        const query = new URLSearchParams({ limit: flags.limit });
        for (const name of ['status', 'level', 'category'] as const)
          for (const value of flags[name] ?? []) query.append(name, value);
        const answer = await callBridge<{ items: IncidentJson[] }>(flags, `/api/v1/incidents?${query}`);
        terminal.write(
          flags.output === 'json' ? `${JSON.stringify(answer.items, null, 2)}\n` : listIncidents(answer.items),
        );
        finish(0);
      },
    );

  verb('show', 'one incident: what, since when, why, and what happens next')
    .argument('<id>', 'INC-7')
    .action(async (id: string, flags: Flags) => {
      const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
      const shown = await callBridge<IncidentJson>(flags, path);
      const timeline = await callBridge<{ items: { at: string; text: string; actor: { name: string } }[] }>(
        flags,
        `${path}/timeline`,
      );
      const json = { ...shown, timeline: timeline.items };
      terminal.write(
        flags.output === 'json' ? `${JSON.stringify(json, null, 2)}\n` : describeIncident(shown, timeline.items),
      );
      finish(0);
    });

  const act = (name: string, path: string, text: string, body: (flags: Flags) => Record<string, unknown>): Command =>
    verb(name, text)
      .argument('<id>', 'INC-7')
      .option('--by <name>', 'who does it', person)
      .action(async (id: string, flags: Flags) => {
        const by = flags.by === undefined ? {} : { by: flags.by };
        const answer = await callBridge<IncidentJson>(flags, `/api/v1/incidents/${encodeURIComponent(id)}/${path}`, {
          ...by,
          ...body(flags),
        });
        terminal.write(flags.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : listIncidents([answer]));
        finish(0);
      });
  const reason = (flags: Flags): Record<string, unknown> =>
    flags.reason === undefined ? {} : { reason: flags.reason };
  act('ack', 'acknowledge', 'take it: the escalation stops', (flags) => ({ takeover: flags.takeover ?? false })).option(
    '--takeover',
    'even from somebody else',
  );
  act('unack', 'unacknowledge', 'give it back', reason).option('--reason <text>', 'why');
  act('escalate', 'escalate', 'hand it to the next level, or to --level', (flags) => ({
    ...reason(flags),
    ...(flags.level === undefined ? {} : { level: flags.level }),
  }))
    .option('--level <level>', '2, 3 or x')
    .option('--reason <text>', 'why');
  act('resolve', 'resolve', 'say that it is over', reason).option('--reason <text>', 'what mended it');
  act('reopen', 'reopen', 'say that it is not over', reason).option('--reason <text>', 'why');
  act('close', 'close', 'put a resolved one away for good', reason).option('--reason <text>', 'why');
}
