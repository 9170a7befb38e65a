import type { Attempt } from '../domain/incident.ts';
import { ATTEMPT_SENTENCES } from '../domain/sentences.ts';
import { cleanLine, cleanText } from '../domain/text.ts';
import { moment } from '../domain/moment.ts';

/** `fixes/<attempt>.txt`, one for each attempt. Names are made of the ids alone and never leave the folder. */
export function fixFiles(attempts: readonly Attempt[]): [name: string, text: string][] {
  const taken = new Set<string>();
  return attempts.map((attempt, index) => {
    const wish = attempt.id.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 64);
    const name = wish === '' || taken.has(wish.toLowerCase()) ? `attempt-${index + 1}` : wish;
    taken.add(name.toLowerCase());
    return [`fixes/${name}.txt`, fixText(attempt)];
  });
}

function fixText(attempt: Attempt): string {
  const { id, fix, title, target, state, reasons, startedAt, finishedAt, exitCode, verification, output } = attempt;
  const rows: [string, string][] = [
    ['Attempt', id],
    ['Known fix', `${title} (${fix})`],
    ['Target', target === '' ? 'none named' : target],
    ['State', `${state}: it ${ATTEMPT_SENTENCES[state]}`],
    ['Started', moment(startedAt) ?? 'not started'],
    ['Finished', moment(finishedAt) ?? (startedAt === null ? 'not started' : 'not known')],
    ['Exit status', exitCode === null ? 'none' : String(exitCode)],
    ['Probe', verification === null ? 'not asked' : `${verification.state}: ${verification.detail}`],
    ...reasons.map((reason, index): [string, string] => [index === 0 ? 'Reasons' : '', reason]),
  ];
  const head = rows.map(([label, value]) => `${label.padEnd(12)} ${cleanLine(value, 2000)}`).join('\n');
  return `${head}\n\nOutput (redacted)\n-----------------\n${output === '' ? '(none)' : cleanText(output, 200_000)}\n`;
}
