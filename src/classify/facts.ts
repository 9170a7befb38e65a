import { label, labelSet, type Labels } from '../domain/alert.ts';
import { splitWords, type Word } from './words.ts';

/** What is known about an alert when it is judged. */
export interface AlertFacts {
  readonly labels: Labels;
  readonly annotations: Labels;
  /** The name of the source that brought it. */
  readonly source: string;
  /** The rule's expression, as {@link expressionOf} reads it from the generator URL. */
  readonly expression?: string;
  /** Lines from the logs of the incident, the most telling first. */
  readonly logLines?: readonly string[];
  /** Of them those whose like the logs did not have before, or had less often. */
  readonly freshLines?: readonly string[];
}

/** One text of the alert, split into words. `place` is for people: `alertname`, `annotation summary`. */
export interface Place {
  readonly place: string;
  readonly words: readonly Word[];
}

/** An alert made ready for matching, never larger than the limits below however long its texts are. */
export interface ReadFacts {
  /**
   * The alert's labels with ours: `__source__`, `__expression__` (its spaces collapsed) and `__words__`, the name's words
   * with a space before, between and after them (` kube pod crash looping `), so that `.* pod .*` is a whole word.
   */
  readonly labels: Labels;
  readonly places: readonly Place[];
  /** The log lines, joined. */
  readonly log: string;
  /** Those that are fresh, joined. */
  readonly freshLog: string;
}

/** In characters. What lies beyond does not count as evidence. */
const LIMITS = {
  text: 4000,
  allTexts: 16_000,
  expression: 4000,
  words: 2500,
  logLine: 1000,
  logLines: 200,
  log: 32_000,
};

/** Labels whose values say what happened, not which thing it happened to: a host named `dns-1` is no DNS failure. */
const TELLING_LABELS =
  `alertname rulename rule rule_name reason condition event event_type error error_type problem state status check
  check_name probe category tags groups group kind`.split(/\s+/);

/** Annotations that lead elsewhere or style a message. */
const SILENT_ANNOTATION = /url|link|dashboard|runbook|playbook|image|icon|color|grafana|prometheus/i;
const TEMPLATES_AND_URLS = /\{\{[^{}]{0,400}\}\}|\bhttps?:\/\/\S{1,2000}/g;
/** What names labels rather than things: selectors, ranges, and the lists of `by (…)` and its kin. */
const SELECTORS_AND_LISTS =
  /\{[^{}]{0,2000}\}|\[[^[\]]{0,40}\]|\b(?:by|without|on|ignoring|group_left|group_right) ?\([^()]{0,400}\)/gi;

/** Reads an alert for matching. */
export function readFacts(facts: AlertFacts): ReadFacts {
  const expression = (facts.expression ?? '').slice(0, LIMITS.expression).replace(/\s+/g, ' ').trim();
  return {
    labels: withOurLabels(facts, expression),
    places: readPlaces(facts, expression),
    log: readLog(facts.logLines ?? []),
    freshLog: readLog(facts.freshLines ?? []),
  };
}

function withOurLabels(facts: AlertFacts, expression: string): Labels {
  const name = label(facts.labels, 'alertname') || label(facts.labels, 'rulename');
  const words = splitWords(name.slice(0, LIMITS.text)).map((word) => word.text);
  return Object.assign(labelSet([]), facts.labels, {
    __source__: facts.source,
    __expression__: expression,
    __words__: ` ${words.join(' ')} `,
  });
}

function readPlaces(facts: AlertFacts, expression: string): Place[] {
  const places: Place[] = [];
  let room = LIMITS.allTexts;
  let words = LIMITS.words;
  const add = (place: string, text: string) => {
    const cut = text.slice(0, Math.min(room, LIMITS.text));
    room -= cut.length;
    const split = splitWords(cut, words);
    words -= split.length;
    if (split.length > 0) places.push({ place, words: split });
  };
  for (const name of TELLING_LABELS) {
    const value = label(facts.labels, name);
    if (value !== '') add(name === 'alertname' ? name : `label ${name}`, value);
  }
  add('expression', expression.replace(SELECTORS_AND_LISTS, ' '));
  for (const [name, value] of Object.entries(facts.annotations))
    if (room > 0 && words > 0 && !SILENT_ANNOTATION.test(name))
      add(`annotation ${name}`, value.slice(0, 2 * LIMITS.text).replace(TEMPLATES_AND_URLS, ' '));
  return places;
}

function readLog(lines: readonly string[]): string {
  const joined = lines
    .slice(0, LIMITS.logLines)
    .map((line) => line.slice(0, LIMITS.logLine))
    .join('\n');
  return joined.slice(0, LIMITS.log);
}

/** The expression in a Prometheus generator URL (`/graph?g0.expr=up+%3D%3D+0`), or '' where there is none. */
export function expressionOf(generatorURL: string): string {
  if (!URL.canParse(generatorURL)) return '';
  return new URL(generatorURL).searchParams.get('g0.expr') ?? '';
}
