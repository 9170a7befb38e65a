import type { Evidence, EvidenceLine, Incident } from '../../domain/incident.ts';
import { speakCount } from '../../domain/sentences.ts';
import { cleanLine, cleanText } from '../../domain/text.ts';
import { aroundSections } from './around-section.ts';
import { moment } from '../../domain/moment.ts';
import type { Section } from './notice-input.ts';

const LINES = 20;
/** A stack trace shows its head; all of it lies in the handover bundle. */
const LINE_CHARS = 600;

/** The log evidence that says most: the newest with lines, else the newest. */
export function logsOf(incident: Incident): Evidence | undefined {
  const logs = incident.evidence.filter(({ kind }) => kind === 'logs');
  return logs.findLast(({ lines }) => lines.length > 0) ?? logs.at(-1);
}

/** What stands around it, then up to twenty lines with their counts or the sentence why there are none; never an empty box. */
export function evidenceSections(incident: Incident, { pending }: { readonly pending: boolean }): Section[] {
  return [...aroundSections(incident), ...logSections(incident, pending)];
}

function logSections(incident: Incident, pending: boolean): Section[] {
  const logs = logsOf(incident);
  if (logs === undefined) {
    return pending ? [prose('Logs', 'Logs are being collected and follow in this thread.')] : [];
  }
  const about = prose('Logs', aboutLogs(logs));
  if (logs.lines.length === 0) return [about];
  const shown = logs.lines.slice(0, LINES);
  const more = logs.lines.length > LINES ? `, ${LINES} of ${logs.lines.length}` : '';
  return [about, { title: `Log lines${more} (UTC)`, text: shown.map(evidenceLine).join('\n'), code: true }];
}

function aboutLogs({ state, reason, store, scope, counts }: Evidence): string {
  const kept = { complete: '', partial: 'Only a part: ', unavailable: 'Not available: ' }[state];
  const levels = Object.entries(counts).map(([level, number]) => `${number} ${level}`);
  const looked = [store, scope].filter((part) => part !== '').join(', ');
  return [
    `${kept}${cleanLine(reason, 600)}`,
    looked === '' ? '' : `Asked: ${cleanLine(looked, 300)}`,
    levels.length === 0 ? '' : `In the window: ${cleanLine(levels.join(', '), 300)}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** `12× 03:11:58 error checkout  text`; further lines of a trace are indented. */
export function evidenceLine(line: EvidenceLine): string {
  const { at, level, service, text } = line;
  const time = moment(at)?.slice(11, 19) ?? '--:--:--';
  const head = [speakCount(line), time, cleanLine(level, 20), cleanLine(service, 60)]
    .filter((part) => part !== '')
    .join(' ');
  return `${head}  ${cleanText(text, LINE_CHARS).trimEnd().replaceAll('\n', '\n    ')}`;
}

export function prose(title: string, text: string): Section {
  return { title, text, code: false };
}
