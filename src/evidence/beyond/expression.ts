import { sayTime } from '../../domain/moment.ts';
import { label, type Labels } from '../../domain/alert.ts';
import type { Evidence, EvidenceGraph } from '../../domain/incident.ts';
import type { Outcome } from '../../domain/result.ts';
import { cleanLine, cleanText } from '../../domain/text.ts';
import type { RangeAnswer, RangeQuestion, Series } from '../../metrics/metrics-source.ts';
import { pieceOf, type PieceFacts } from './piece.ts';
import { splitCondition, type Condition } from './split-condition.ts';

const BEFORE_MS = 30 * 60_000;
const AFTER_MS = 10 * 60_000;
const POINTS = 60;
const STEP_MIN_MS = 5_000;
const SERIES_MAX = 5;

/** An alert whose expression is known. */
export interface Asked {
  readonly expression: string;
  readonly labels: Labels;
  readonly startsAt: number;
  readonly generatorURL: string;
  /** The name of the metrics source. */
  readonly store: string;
}

/** From half an hour before it fired to ten minutes after, or now; the last value is that of the end. */
export function questionOf(
  { expression, startsAt }: Pick<Asked, 'expression' | 'startsAt'>,
  now: number,
): RangeQuestion {
  const fired = Math.min(startsAt, now);
  const to = Math.min(now, fired + AFTER_MS);
  const stepMs = Math.max(STEP_MIN_MS, Math.ceil((to - (fired - BEFORE_MS)) / POINTS / 1_000) * 1_000);
  const steps = Math.floor((to - (fired - BEFORE_MS)) / stepMs);
  return { promql: splitCondition(expression).asked, from: to - steps * stepMs, to, stepMs };
}

/** The alert's own expression over its window as evidence: drawn, and in words. Pure. */
export function describeExpression(
  asked: Asked,
  question: RangeQuestion,
  answer: Outcome<RangeAnswer>,
  piece: PieceFacts,
): Evidence {
  const condition = splitCondition(asked.expression);
  const about = {
    ...{ store: asked.store, scope: cleanLine(question.promql, 500), url: asked.generatorURL },
    query: { ...question, promql: cleanText(question.promql, 4_000) },
  };
  if (!answer.ok) return pieceOf('metric', piece, { ...about, state: 'unavailable', reason: sentence(answer.detail) });
  const series = answer.value.series.filter(({ points }) => points.length > 0);
  if (series.length === 0) return pieceOf('metric', piece, { ...about, state: 'unavailable', reason: nothing(asked) });
  const ranked = rankSeries(series, asked.labels, condition);
  const shown = ranked.slice(0, SERIES_MAX);
  const losses = [
    ...answer.value.warnings.map((text) => sentence(`${asked.store} says: ${text}`)),
    ...(series.length > shown.length
      ? [`${shown.length} of ${series.length} series are shown: open it for the others.`]
      : []),
  ];
  const more = condition.hasMore ? ' It is the first of several conditions.' : '';
  const names = namesOf(shown, asked.labels);
  return pieceOf('metric', piece, {
    ...about,
    state: losses.length > 0 ? 'partial' : 'complete',
    reason: [`What the alert measures, over the time around it.${more}`, ...losses].join(' '),
    facts: shown.map((one, index) => factOf(one, condition, names[index] ?? '')),
    graph: graphOf(shown, names, { asked, question, condition }),
  });
}

function nothing({ store, startsAt }: Asked): string {
  return `${store} has no value of its expression around ${sayTime(startsAt)} UTC: does it hold what the alert was made from? Set matchers where several metrics sources are configured.`;
}

/** The series that the alert is about, then those that are worst. */
function rankSeries(series: readonly Series[], labels: Labels, condition: Condition): readonly Series[] {
  const own = (one: Series): number => (isOwn(one, labels) ? 1 : 0);
  return series.toSorted((a, b) => own(b) - own(a) || badness(b, condition) - badness(a, condition));
}

function isOwn({ labels }: Series, alert: Labels): boolean {
  return Object.entries(labels).every(([name, value]) => name === '__name__' || label(alert, name) === value);
}

function badness(series: Series, condition: Condition): number {
  const [, worst] = worstOf(series, condition);
  if (condition.comparison?.startsWith('<') === true) return -worst;
  const isEqual = condition.comparison === '==' || condition.comparison === '!=';
  return isEqual ? (holds(worst, condition) ? 1 : 0) : worst;
}

/** Whether a value meets the condition. */
function holds(value: number, { comparison, threshold }: Condition): boolean {
  if (threshold === null) return false;
  return comparison === '==' ? value === threshold : comparison === '!=' && value !== threshold;
}

type Point = Series['points'][number];

/** The highest point of what fires above a threshold, the lowest of what fires below; the first that meets `==`; else the last. */
function worstOf({ points }: Series, condition: Condition): Point {
  const last = points.at(-1) ?? [0, 0];
  const { comparison } = condition;
  if (comparison === null) return last;
  if (comparison === '==' || comparison === '!=') return points.find(([, value]) => holds(value, condition)) ?? last;
  const sign = comparison.startsWith('<') ? -1 : 1;
  return points.reduce((worst, point) => (sign * point[1] > sign * worst[1] ? point : worst), points[0] ?? last);
}

/** `0.02 → 0.31 at 03:04, threshold > 0.05`. */
function factOf(series: Series, condition: Condition, name: string): { at: number; text: string; url: string } {
  const first = series.points[0] ?? [0, 0];
  const [at, value] = worstOf(series, condition);
  const moved = first[0] === at ? speakNumber(value) : `${speakNumber(first[1])} → ${speakNumber(value)}`;
  const { comparison, threshold } = condition;
  const limit = threshold === null ? '' : `, threshold ${comparison} ${speakNumber(threshold)}`;
  const of = name === '' ? '' : ` (${name})`;
  return { at, text: `${moved} at ${sayTime(at)}${limit}${of}`, url: '' };
}

/** Three digits that count. */
export function speakNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.0001 || size >= 1e15)) return value.toExponential(2);
  return value.toLocaleString('en', { maximumSignificantDigits: size >= 1000 ? 4 : 3, useGrouping: size >= 10_000 });
}

/** By the labels in which the series differ; those of the alert itself need no name where it is alone. */
function namesOf(series: readonly Series[], alert: Labels): readonly string[] {
  const [only] = series;
  if (series.length === 1 && only !== undefined && isOwn(only, alert)) return [''];
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].toSorted();
  const telling = names.filter((name) => new Set(series.map(({ labels }) => label(labels, name))).size > 1);
  const used = telling.length > 0 ? telling : names;
  return series.map(({ labels }) =>
    cleanLine(
      used
        .filter((name) => label(labels, name) !== '')
        .map((name) => `${name}=${label(labels, name)}`)
        .join(', '),
      80,
    ),
  );
}

function graphOf(
  series: readonly Series[],
  names: readonly string[],
  { asked, question, condition }: { asked: Asked; question: RangeQuestion; condition: Condition },
): EvidenceGraph {
  const { from, to, stepMs } = question;
  return {
    expression: cleanText(question.promql, 1_000),
    ...{ comparison: condition.comparison, threshold: condition.threshold, from, to, stepMs },
    firedAt: Math.min(asked.startsAt, to),
    series: series.map(({ points }, index) => ({ name: names[index] ?? '', points: points.slice(-2 * POINTS) })),
  };
}

function sentence(text: string): string {
  const clean = cleanLine(text, 500);
  return /[.!?]$/.test(clean) ? clean : `${clean}.`;
}
