import { label, type Labels } from '../../domain/alert.ts';
import type { Evidence, EvidenceFact, Incident } from '../../domain/incident.ts';
import { speakDuration } from '../../domain/duration.ts';
import { cleanLine } from '../../domain/text.ts';
import { lastingLabels } from '../../incidents/alert-identity.ts';
import { pieceOf, short, type PieceFacts } from './piece.ts';

/** Candidates that are read, each way of finding them. */
export const PAST_MAX = 60;
/** How many are told of. */
export const SIMILAR_MAX = 3;

/** An incident that is over, as it may be like another. */
export interface PastIncident {
  readonly uid: string;
  readonly number: number;
  readonly title: string;
  readonly team: string;
  readonly name: string;
  readonly service: string;
  /** The lasting ones (`incidents/alert-identity.ts`). */
  readonly labels: Labels;
  readonly createdAt: number;
  readonly isSameAlert: boolean;
  /** How many kinds of log lines both had. */
  readonly sharedTemplates: number;
}

/**
 * Weights of the likeness, all in one place; what is at least `enough` is told of. Log lines alone are enough where several
 * are shared, and most of this one's; a single one may be everybody's.
 */
const WEIGHTS = { sameAlert: 2, name: 0.6, labels: 0.6, words: 0.6, templates: 1.4, oneTemplate: 0.6, enough: 0.9 };

/**
 * The past incidents that are most like this one: the same alert (its source and lasting labels) before one of the same
 * name, then by the labels, the words of the title and the kinds of log lines that they share; the newer one of equals.
 * Pure.
 * @param templates how many kinds of log lines this one has
 */
export function rankSimilar(
  incident: Pick<Incident, 'title' | 'labels'>,
  past: readonly PastIncident[],
  templates = 0,
): readonly PastIncident[] {
  const mine = { labels: pairsOf(incident.labels), words: wordsOf(incident.title), name: nameOf(incident.labels) };
  const scored = past.map((one) => {
    const name = one.name !== '' && one.name === mine.name ? WEIGHTS.name : 0;
    const labels = WEIGHTS.labels * overlap(mine.labels, pairsOf(one.labels));
    const words = WEIGHTS.words * overlap(mine.words, wordsOf(one.title));
    const lines = linesInCommon(one.sharedTemplates, templates);
    return { one, score: (one.isSameAlert ? WEIGHTS.sameAlert : 0) + name + labels + words + lines };
  });
  return scored
    .filter(({ score }) => score >= WEIGHTS.enough)
    .toSorted((a, b) => b.score - a.score || b.one.createdAt - a.one.createdAt)
    .slice(0, SIMILAR_MAX)
    .map(({ one }) => one);
}

function linesInCommon(shared: number, all: number): number {
  const weight = WEIGHTS.templates * (shared / Math.max(1, all));
  return shared === 1 ? Math.min(WEIGHTS.oneTemplate, weight) : weight;
}

function nameOf(labels: Labels): string {
  return label(labels, 'alertname') || label(labels, 'rulename');
}

function pairsOf(labels: Labels): ReadonlySet<string> {
  return new Set(
    lastingLabels(labels)
      .filter(([name]) => name !== 'alertname')
      .map(([name, value]) => `${name}=${value}`),
  );
}

/** What differs from one time to the next (numbers) says nothing of the kind of trouble. */
function wordsOf(title: string): ReadonlySet<string> {
  const words = title.toLowerCase().split(/[^\p{L}\p{N}_-]+/u);
  return new Set(words.filter((word) => word.length > 2 && !/\d/.test(word)));
}

/** Jaccard's: shared over all; 0 where both are empty. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((one) => b.has(one)).length;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}

/** What is known of how one of them ended. */
export interface Ending {
  readonly incident: Incident;
  /** The reason that stands in the record with its resolution; '' where none does. */
  readonly reason: string;
  /** The last note of a person, with its author; '' where there is none. */
  readonly note: string;
  /** How many kinds of log lines both had. */
  readonly sharedTemplates?: number;
}

/** The similar incidents with what ended them; null where there are none. Pure. */
export function describeSimilar(endings: readonly Ending[], piece: PieceFacts): Evidence | null {
  if (endings.length === 0) return null;
  const byLines = endings.some(({ sharedTemplates = 0 }) => sharedTemplates > 0);
  const many = endings.length === 1 ? 'One past incident is' : `${endings.length} past incidents are`;
  return pieceOf('similar', piece, {
    state: 'complete',
    reason: `${many} like this one, by the alert, its labels${byLines ? ', its words and its log lines' : ' and its words'}.`,
    facts: endings.map((ending) => factOf(ending, piece.now)),
  });
}

function factOf(ending: Ending, now: number): EvidenceFact {
  const { number, title, createdAt } = ending.incident;
  const id = `INC-${number}`;
  const resolution = cleanLine(resolutionOf(ending), 400);
  const { sharedTemplates: shared = 0 } = ending;
  const lines = shared === 0 ? '' : ` (${shared} ${shared === 1 ? 'kind' : 'kinds'} of log lines in common)`;
  const said = `${id} ${cleanLine(title, 120)}, ${short(Math.max(0, now - createdAt))} ago${lines}: ${resolution}`;
  return { at: createdAt, text: said, url: '', incident: { id, title: cleanLine(title, 160), resolution } };
}

/** Who or what ended it, after how long, and what was written about it. */
function resolutionOf({ incident, reason, note }: Ending): string {
  const { resolvedHow, resolvedBy, resolvedAt, createdAt, attempts } = incident;
  const after = resolvedAt === null ? '' : ` after ${speakDuration(resolvedAt - createdAt)}`;
  const fix = attempts.findLast(({ state }) => state === 'verified' || state === 'succeeded')?.title;
  const how: Readonly<Record<string, string>> = {
    fix: `resolved by the known fix "${cleanLine(fix ?? 'without a name', 120)}"`,
    person: `resolved by ${cleanLine(resolvedBy ?? 'a person', 80)}`,
    alerts: 'its alerts went quiet by themselves',
  };
  const what = how[resolvedHow ?? ''] ?? 'closed';
  const given = reason.replace(/^Resolved by [^:]*(?:: |$)/, '');
  const why = resolvedHow === 'person' && given !== '' ? `: ${cleanLine(given, 160)}` : '';
  return `${what}${after}${why}${note === '' ? '' : `; note: ${cleanLine(note, 160)}`}`;
}
