import { sayClock } from '../../domain/moment.ts';
import { label, type Labels } from '../../domain/alert.ts';
import type { Change } from '../../domain/change.ts';
import type { Evidence, EvidenceFact } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { againstAlert, pieceOf, type PieceFacts } from './piece.ts';

/** What was changed longer before the alert is rarely its cause. */
export const CHANGES_BEFORE_MS = 2 * 3_600_000;
/** Changes that are read, of everything. */
export const CHANGES_MAX = 500;
const SHOWN = 5;

export interface ChangeFacts {
  readonly labels: Labels;
  readonly environment: string;
  /** `placeOf` of its alerts. */
  readonly places: readonly string[];
  readonly startsAt: number;
  readonly from: number;
}

const SERVICE_LABELS = ['service', 'app', 'deployment', 'statefulset', 'daemonset', 'job', 'container'];

/**
 * The changes of the last two hours to the same service or host, or to the whole of the same environment: the most fitting
 * first, then the nearest before the alert. Where there are none, that is said. Pure.
 * @param changes all that were told since `from`
 */
export function describeChanges(facts: ChangeFacts, changes: readonly Change[], piece: PieceFacts): Evidence {
  const services = new Set(SERVICE_LABELS.map((name) => label(facts.labels, name).toLowerCase()).filter(Boolean));
  const hosts = new Set(facts.places.flatMap(hostNames));
  const fitting = changes
    .map((change) => ({ change, fit: fitOf(change, services, hosts, facts.environment) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((a, b) => b.fit - a.fit || distance(a.change, facts) - distance(b.change, facts))
    .map(({ change }) => change);
  const cut = changes.length >= CHANGES_MAX;
  const since = sayClock(facts.from, facts.startsAt);
  const whose = [...new Set([...services].slice(0, 2).concat(facts.places.slice(0, 2)))].join(', ') || 'what it names';
  const reason =
    fitting.length === 0
      ? `No change to ${cleanLine(whose, 200)} was told since ${since}; ${speakOthers(changes.length)}.`
      : `${fitting.length === 1 ? 'One change' : `${fitting.length} changes`} to ${cleanLine(whose, 200)} or its environment since ${since}.`;
  return pieceOf('change', piece, {
    state: cut ? 'partial' : 'complete',
    reason: cut ? `${reason} Only the newest ${CHANGES_MAX} changes of everything were looked at.` : reason,
    scope: cleanLine(whose, 200),
    facts: fitting.slice(0, SHOWN).map((change) => factOf(change, facts.startsAt)),
  });
}

function speakOthers(count: number): string {
  if (count === 0) return 'nor to anything else';
  return count === 1 ? 'one to something else was' : `${count} to other things were`;
}

/** 3 for its service or host, 2 for its environment as a whole, 1 for everything; 0 where it is another's. */
function fitOf(
  change: Change,
  services: ReadonlySet<string>,
  hosts: ReadonlySet<string>,
  environment: string,
): 0 | 1 | 2 | 3 {
  const where = change.environment.toLowerCase();
  if (where !== '' && environment !== '' && where !== environment.toLowerCase()) return 0;
  if (services.has(change.service.toLowerCase())) return 3;
  if (hostNames(change.host).some((name) => hosts.has(name))) return 3;
  if (change.service !== '' || change.host !== '') return 0;
  return where === '' ? 1 : 2;
}

/** `db-1.example.org` and `db-1` are one; addresses stay whole. */
function hostNames(host: string): readonly string[] {
  const bare = host.toLowerCase().replace(/:\d+$/, '');
  if (bare === '' || /^[\d.]+$|:/.test(bare)) return bare === '' ? [] : [bare];
  return [bare, bare.split('.')[0] ?? bare];
}

/** What came after the alert cannot have caused it: it counts as farther away. */
function distance({ at }: Change, { startsAt }: ChangeFacts): number {
  return at <= startsAt ? startsAt - at : 10 * (at - startsAt);
}

/** `checkout 4.2.1 deployed 6 min before the alert, by ada`. */
function factOf(change: Change, startsAt: number): EvidenceFact {
  const { at, by, url, environment, title } = change;
  const author = by === '' ? '' : `, by ${by}`;
  const where = environment === '' ? '' : ` (${environment})`;
  const what = whatOf(change);
  const more = title === '' || what.includes(title) ? '' : `: ${title}`;
  return { at, text: cleanLine(`${what}${where} ${againstAlert(at, startsAt)}${author}${more}`, 500), url };
}

const VERBS: Readonly<Record<Change['kind'], Readonly<Record<Change['state'], string>>>> = {
  deployment: { done: 'deployed', running: 'being deployed', failed: 'failed to deploy' },
  configuration: { done: 'reconfigured', running: 'being reconfigured', failed: 'failed to be reconfigured' },
  change: { done: 'changed', running: 'being changed', failed: 'failed to be changed' },
};

function whatOf({ kind, state, service, host, version, title }: Change): string {
  const subject = service || host;
  if (subject === '') return title;
  return [subject, version, VERBS[kind][state]].filter((part) => part !== '').join(' ');
}
