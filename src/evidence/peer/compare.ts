import type { EvidenceFact, EvidenceState } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { round } from '../excerpt.ts';
import type { LogAnswer, LogRecord, LogWindow } from '../log-store.ts';
import { groupRecords } from '../ranking/log-group.ts';
import { rankGroups, type RankedGroup } from '../ranking/rank.ts';
import { SIGNIFICANT } from '../ranking/weights.ts';
import type { Redactor } from '../redact.ts';
import { speakScope } from '../scope.ts';
import { hostForms, type TargetNames } from './names.ts';

/** Whose lines are compared: what the incident is about, and what else has alerts. Plain data. */
export interface PeerFacts {
  readonly own: TargetNames;
  readonly alerting: TargetNames;
}

/** What one way of comparing found; `facts` the most telling first. */
export interface PeerFinding {
  readonly state: EvidenceState;
  /** A sentence or two. */
  readonly reason: string;
  readonly store: string;
  readonly facts: readonly EvidenceFact[];
}

/** Lines of either side that are compared, errors first. */
const OWN_MAX = 1_000;
const PEERS_MAX = 3_000;
/** So many lines of others at least, or there is nothing to compare with. */
const PEERS_LEAST = 5;
const SHOWN = { NEW: 3, UP: 1, DOWN: 1, GONE: 1 } as const;

/**
 * What only the failing target writes, and what only the healthy ones of the same service do. Pure.
 * @param store its name
 */
export function compareLines(facts: PeerFacts, store: string, answer: LogAnswer, redact: Redactor): PeerFinding {
  const incident = answer.windows.find(({ name }) => name === 'incident');
  const lines = incident?.lines ?? [];
  const sides = divide(lines, facts);
  const scope = redact(speakScope(answer.scope));
  const own = sides.name;
  const finding = (state: EvidenceState, reason: string, found: readonly EvidenceFact[] = []): PeerFinding => ({
    ...{ state, store, reason: cleanLine(redact(reason), 600), facts: found },
  });
  if (sides.peers.length < PEERS_LEAST) return finding('unavailable', noPeers(scope, sides));
  const beside = speakNames(sides.names);
  if (sides.own.length === 0) {
    const before = answer.windows.filter(({ name }) => name !== 'incident').flatMap((window) => window.lines);
    const known = divide(before, facts).own.length;
    if (known === 0)
      return finding(
        'unavailable',
        `None of the lines of ${scope} bears the name ${own}: it cannot be told which are its own.`,
      );
    const silent = `${own} wrote nothing, while ${beside} wrote ${sides.peers.length} lines`;
    return finding(stateOf(answer), `Compared with ${beside}.`, [fact(redact(silent))]);
  }
  const differences = differ(sides.own, sides.peers);
  const told = differences.map((group) => fact(speakDifference(group, own, beside, redact)));
  const compared = `Compared with ${beside}: ${sides.own.length} lines against ${sides.peers.length}`;
  return finding(
    stateOf(answer),
    `${compared}${told.length === 0 ? '; it writes the same kinds of lines' : ''}.`,
    told,
  );
}

interface Sides {
  readonly name: string;
  readonly own: readonly LogRecord[];
  readonly peers: readonly LogRecord[];
  /** Of the healthy ones; the one with most lines first. */
  readonly names: readonly string[];
  /** How many others wrote lines and have alerts themselves. */
  readonly alerting: number;
}

/** By pod where the alert names one and the lines do, else by host. */
function divide(records: readonly LogRecord[], { own, alerting }: PeerFacts): Sides {
  const byPod = own.pods.length > 0 && records.some(({ pod = '' }) => pod !== '');
  const nameOf = ({ pod = '', host }: LogRecord): string => (byPod ? pod : host).toLowerCase();
  const isOf = (names: TargetNames, name: string): boolean =>
    byPod ? names.pods.includes(name) : hostForms(name).some((form) => names.hosts.includes(form));
  const byName = Map.groupBy(records, nameOf);
  byName.delete('');
  const others = [...byName.keys()].filter((name) => !isOf(own, name));
  const healthy = others.filter((name) => !isOf(alerting, name));
  const linesOf = (name: string): readonly LogRecord[] => byName.get(name) ?? [];
  return {
    name: (byPod ? own.pods : [...own.pods, ...own.hosts])[0] ?? '',
    own: [...byName.keys()].filter((name) => isOf(own, name)).flatMap(linesOf),
    peers: healthy.flatMap(linesOf),
    names: healthy.toSorted((a, b) => linesOf(b).length - linesOf(a).length),
    alerting: others.length - healthy.length,
  };
}

function noPeers(scope: string, { name, names, alerting }: Sides): string {
  if (names.length > 0) return `${speakNames(names)} beside ${name} wrote too few lines of ${scope} to compare with.`;
  if (alerting > 0)
    return `Nothing healthy stands beside ${name}: all ${alerting} others that wrote lines of ${scope} have alerts themselves.`;
  return `Nothing stands beside ${name} to compare with: no other wrote lines of ${scope}.`;
}

/** Lines of one side only, or far more or less often there; those of the failing one first. */
function differ(own: readonly LogRecord[], peers: readonly LogRecord[]): readonly RankedGroup[] {
  const sample = (records: readonly LogRecord[], most: number) => ({ records: thin(records, most) });
  const groups = groupRecords({
    ...{ incident: sample(own, OWN_MAX), baselines: [sample(peers, PEERS_MAX)] },
    ...{ sameLength: false, at: null },
  });
  const left = { ...SHOWN } as Record<keyof typeof SHOWN, number>;
  const telling = rankGroups(groups).filter((group) => isTelling(group) && left[group.class]-- > 0);
  const order = Object.keys(SHOWN);
  return telling.toSorted((a, b) => order.indexOf(a.class) - order.indexOf(b.class));
}

/** A line that came once may be chance, unless it is a problem. */
function isTelling({ class: change, change: certain, observed, level }: RankedGroup): boolean {
  if (change === 'NEW') return observed >= 2 || isProblem(level);
  return Math.abs(certain) >= 2 * SIGNIFICANT;
}

function isProblem(level: string): boolean {
  return level === 'error' || level === 'fatal' || level === 'warn';
}

/** Problems first, then evenly over the rest. */
function thin(records: readonly LogRecord[], most: number): readonly LogRecord[] {
  if (records.length <= most) return records;
  const problems = records.filter(({ level }) => isProblem(level)).slice(-most);
  const rest = records.filter(({ level }) => !isProblem(level));
  const step = Math.ceil(rest.length / Math.max(1, most - problems.length));
  return [...problems, ...rest.filter((_, index) => index % step === 0).slice(0, most - problems.length)];
}

function speakDifference(
  { class: change, observed, expected, examples }: RankedGroup,
  own: string,
  beside: string,
  redact: Redactor,
): string {
  const said = cleanLine(redact(examples[0]?.text.split('\n')[0] ?? ''), 240);
  const times = `${round(observed)} ×`;
  switch (change) {
    case 'NEW':
      return redact(`only ${own} writes (${times}): `) + said;
    case 'GONE':
      return redact(`${own} does not write, as ${beside} would (${round(expected)} ×): `) + said;
    default:
      return (
        redact(`${own} writes ${change === 'UP' ? 'more' : 'less'} often (${times}, not ${round(expected)}): `) + said
      );
  }
}

function fact(text: string): EvidenceFact {
  return { at: null, text: cleanLine(text, 480), url: '' };
}

/** `2 healthy ones (a, b)`. */
export function speakNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => cleanLine(name, 80));
  const more = names.length > shown.length ? ', …' : '';
  return `${names.length === 1 ? 'a healthy one' : `${names.length} healthy ones`} (${shown.join(', ')}${more})`;
}

function stateOf({ windows, partial }: LogAnswer): EvidenceState {
  return partial.length > 0 && windows.some(isIncident) ? 'partial' : 'complete';
}

function isIncident({ name, sampled }: LogWindow): boolean {
  return name === 'incident' && sampled;
}
