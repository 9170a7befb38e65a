import { label } from '../../domain/alert.ts';
import { CATEGORY_TITLES } from '../../domain/category.ts';
import type { Incident } from '../../domain/incident.ts';
import type { NoticePurpose } from '../../domain/job.ts';
import { measuredImpact } from '../../domain/measured-impact.ts';
import { ATTEMPT_SENTENCES } from '../../domain/sentences.ts';
import { speakService } from '../../domain/service.ts';
import { speakMeasuredSpread } from '../../domain/spread.ts';
import { cleanLine, count } from '../../domain/text.ts';
import { moment, sayClock, sayExactly } from '../../domain/moment.ts';
import { speakSituation } from '../../incidents/situation.ts';
import type { NoticeInput } from './notice-input.ts';
import { sayAgo, sayDue } from './moment-words.ts';

const WHY_IN_HEADLINE: ReadonlySet<NoticePurpose> = new Set(['escalation', 'inform', 'fallback']);

type Fact = readonly [label: string, value: string];

/** What an engineer needs at once, in that order; what is not known is left out, but never the category or the fix. */
export function factsOf(input: NoticeInput): Fact[] {
  const { incident, at } = input;
  const rows: Fact[] = [
    // Everywhere else the headline says these.
    ['Wanted', input.purpose === 'fallback' ? wanted(incident, at) : ''],
    ['Since', sinceOf(incident, at)],
    ['How bad', howBad(incident)],
    ['Where', whereOf(incident)],
    ['Service', input.service ? speakService(input.service) : ''],
    ['Situation', input.situation ? speakSituation(input.situation, incident.number) : ''],
    ['Category', categoryOf(incident)],
    // Where it only observes, nothing is tried and nobody is reached.
    ['Known fix', input.purpose === 'observed' ? '' : fixOf(incident)],
    ['Level', input.purpose === 'observed' ? '' : levelOf(input)],
    ['Because', WHY_IN_HEADLINE.has(input.purpose) ? '' : input.why],
  ];
  return rows.map(([name, value]) => [name, cleanLine(value, 600)] as const).filter(([, value]) => value !== '');
}

/** Whether the incident still waits for these readers: nobody acknowledges for another level. */
export function isTheirTurn({ incident, level, turn = level }: NoticeInput): boolean {
  return incident.status === 'triggered' && turn === incident.level;
}

function levelOf({ level, recipient }: NoticeInput): string {
  return `${level}${recipient === '' ? '' : `, reached through ${recipient}`}`;
}

/** What is asked for, and what happens by itself otherwise. */
export function wanted(incident: Incident, now: number): string {
  const { status, acknowledgedBy, acknowledgedAt, deadlines, lastStep } = incident;
  if (status === 'resolved' || status === 'closed') return 'nothing: it is over';
  if (status === 'acknowledged')
    return `nothing new: ${acknowledgedBy ?? 'somebody'} has had it since ${sayClock(acknowledgedAt, now)}`;
  if (deadlines.ack === undefined) return 'acknowledge it and take it on';
  const then = lastStep ? 'no further level follows, so after that the fallback is told' : 'after that it escalates';
  return `acknowledge it by ${sayDue(deadlines.ack, now)}; ${then}`;
}

function sinceOf({ startsAt, createdAt }: Incident, now: number): string {
  const ago = moment(startsAt) === null ? '' : ` (${sayAgo(startsAt, now)})`;
  const late = createdAt - startsAt > 60_000 ? `; it reached the bridge at ${sayClock(createdAt, now)}` : '';
  return `${sayExactly(startsAt, 'at an unknown time')}${ago}${late}`;
}

/** `P2, critical: 3 alerts fire, 2 targets are hit`. */
export function howBad(incident: Incident): string {
  const { priority, severity, firing, impact, hidden } = incident;
  const known = [speakMeasuredSpread(incident), measuredImpact(incident)].filter((part) => part !== '');
  const stated = severity === 'unknown' ? 'no severity stated' : severity;
  const alerts = `${firing} of ${count(impact.alerts, 'alert')} ${firing === 1 ? 'fires' : 'fire'}`;
  const more = hidden > 0 ? `; ${hidden} more were left out by the sender` : '';
  return [`${priority}, ${stated}: ${alerts}, ${count(impact.targets, 'target')} hit${more}`, ...known].join('; ');
}

/** `service checkout · environment prod · instance db-1:9100 · team shop`. */
export function whereOf({ service, environment, team, labels }: Incident): string {
  const named: Fact[] = [
    ['service', service],
    ['environment', environment],
    ...['instance', 'namespace', 'pod', 'cluster'].map((name) => [name, label(labels, name)] as const),
    ['team', team],
  ];
  const known = named.filter(([, value]) => value !== '');
  return known.length === 0 ? 'the alert names no place' : known.map(([name, value]) => `${name} ${value}`).join(' · ');
}

/** Its title, which is of the first alert, and how many fire beside that: without the full stop that summaries end with. */
export function titleOf({ title, firing }: Incident): string {
  const said = cleanLine(title).replace(/(?<!\.)\.$/, '');
  return `${said}${firing > 1 ? `, and ${count(firing - 1, 'more alert')}` : ''}`;
}

/** Words of an alert as a sentence: one mark at their end, whatever they ended with. */
export function sentence(words: string): string {
  return /[.!?…。！？]$/u.test(words) ? words : `${words}.`;
}

/** The category, how sure it is, and the strongest reason; where it is open, the best guess. */
export function categoryOf({ classification }: Incident): string {
  const { category, confidence, method, reasons, alternatives } = classification;
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  const because = reasons[0] === undefined ? '' : `: ${reasons[0]}`;
  if (category === 'unclassified') {
    const guess = alternatives[0];
    const best =
      guess === undefined || guess.confidence < 0.05
        ? ''
        : `; the best guess is ${CATEGORY_TITLES[guess.category]} (${percent(guess.confidence)})`;
    return `not decided, a person decides${best}${because}`;
  }
  const sure = method === 'person' ? 'set by a person' : `${percent(confidence)} sure`;
  return `${CATEGORY_TITLES[category]} (${sure})${because}`;
}

/** The newest attempt in one line. */
export function fixOf({ attempts }: Incident): string {
  const last = attempts.at(-1);
  return last === undefined ? 'none has been tried' : `${last.title}: ${ATTEMPT_SENTENCES[last.state]}`;
}
