import type { Command } from 'commander';
import { CATEGORIES } from '../domain/category.ts';
import { callBridge, type BridgeOptions } from './call-bridge.ts';
import { describeIncident, listIncidents, type IncidentJson } from './incident-text.ts';
import { outputFlag } from './output-flag.ts';
import type { Terminal } from './terminal.ts';

type TextFlag =
  | 'level'
  | 'reason'
  | 'text'
  | 'urgency'
  | 'impact'
  | 'observations'
  | 'openQuestions'
  | 'priority'
  | 'category'
  | 'step'
  | 'to';
type Flags = BridgeOptions & { output: 'table' | 'json'; by?: string; takeover?: boolean; undo?: boolean } & Partial<
    Record<TextFlag, string>
  >;

/** Verbs of `incident`: clients of a running bridge. */
export function addIncidentVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const incident = program.command('incident').description('look at incidents and work on them');
  const verb = (name: string, text: string): Command =>
    incident
      .command(name)
      .description(text)
      .option('--url <url>', 'the bridge', terminal.env['TIERBELL_URL'] ?? 'http://127.0.0.1:9096')
      .option('--token <token>', 'an API token', terminal.env['TIERBELL_TOKEN'])
      .addOption(outputFlag(['table', 'json']));
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
        const answer = await callBridge<{ items: IncidentJson[] }>(flags, `/api/v1/incidents?${query.toString()}`);
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
  act('note', 'note', 'write something into the record', (flags) => ({ note: flags.text ?? '' })).requiredOption(
    '--text <text>',
    'what',
  );
  act('assess', 'assess', 'the first assessment: how urgent, who is hit, what was seen', (flags) =>
    pick(flags, ['urgency', 'impact', 'observations', 'openQuestions']),
  )
    .option('--urgency <urgency>', 'high, medium or low')
    .option('--impact <text>', 'who or what is hit')
    .option('--observations <text>', 'what was seen')
    .option('--open-questions <text>', 'what is not known yet');
  act('prioritise', 'prioritise', 'set the priority', (flags) => pick(flags, ['priority', 'reason']))
    .requiredOption('--priority <priority>', 'P1 to P4')
    .option('--reason <text>', 'why');
  act('reclassify', 'reclassify', 'say which category it is', (flags) => pick(flags, ['category', 'reason']))
    .requiredOption('--category <category>', CATEGORIES.slice(0, 5).join(', '))
    .option('--reason <text>', 'why');
  act('step', 'step', 'tick a step of the procedure off', (flags) => ({ id: flags.step, done: flags.undo !== true }))
    .requiredOption('--step <id>', 'the step, as incident show names it')
    .option('--undo', 'it is not done after all');
  act('assign', 'assign', 'say who works on it', (flags) => ({ assignee: flags.to ?? null })).option(
    '--to <name>',
    'who; nobody in particular without it',
  );
  act('handover', 'handover', 'pack everything about it into one file; nobody is told', reason).option(
    '--reason <text>',
    'what for',
  );
  act('close', 'close', 'put a resolved one away for good', reason).option('--reason <text>', 'why');
}

function pick(flags: Flags, names: readonly TextFlag[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));
}
