import type { Severity } from './alert.ts';
import { speakDuration } from './duration.ts';
import type { Service } from './service.ts';

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How urgent it is, and how wide its impact: the rows and the columns of the matrix. */
export const RATINGS = ['high', 'medium', 'low'] as const;
export type Rating = (typeof RATINGS)[number];
export type Urgency = Rating;

/** `matrix[urgency][impact]` */
export type PriorityMatrix = Readonly<Record<Urgency, Readonly<Record<Rating, Priority>>>>;

export const DEFAULT_MATRIX: PriorityMatrix = {
  high: { high: 'P1', medium: 'P2', low: 'P2' },
  medium: { high: 'P2', medium: 'P3', low: 'P3' },
  low: { high: 'P3', medium: 'P4', low: 'P4' },
};

/** Unknown counts as high: a missing label must not let anybody sleep through an outage. */
const URGENCY: Readonly<Record<Severity, Urgency>> = {
  critical: 'high',
  error: 'high',
  unknown: 'high',
  warning: 'medium',
  info: 'low',
  none: 'low',
};

/** What runs out within this is as urgent as an outage; within the next, more than a note. */
const SOON_MS = 4 * 3_600_000;
const TODAY_MS = 24 * 3_600_000;

/** From so many on, targets that are hit or services that need this one are several, or many. */
const SEVERAL = 3;
const MANY = 10;

export interface PriorityFacts {
  readonly severity: Severity;
  /** Set where a person said how urgent it is: then nothing else counts for the urgency. */
  readonly urgency?: Urgency;
  readonly targets: number;
  /** In how many milliseconds something runs out, as the alert predicts; null where it predicts nothing. */
  readonly runsOutInMs: number | null;
  /** What the catalogue knows of the service that is hit, or null. */
  readonly service: Pick<Service, 'name' | 'tier' | 'dependents'> | null;
}

export interface Prioritisation {
  readonly priority: Priority;
  readonly urgency: Urgency;
  readonly reasons: readonly string[];
}

/** A rating with the words for it. */
type Reason = readonly [rating: Rating, words: string];

/**
 * Urgency (the stated severity, and how soon something runs out) × impact (targets that are hit, the service's tier, and
 * how many others need it; the widest of them counts), with the reasons in words. Pure.
 */
export function prioritise(facts: PriorityFacts, matrix: PriorityMatrix = DEFAULT_MATRIX): Prioritisation {
  const [urgency, ...urgencyReasons] = urgencyOf(facts);
  const impacts = impactsOf(facts);
  const impact = highest(impacts.map(([rating]) => rating));
  const [targets, ...more] = impacts;
  const wider = more.filter(([rating]) => rating !== 'low').map(([, words]) => words);
  return {
    priority: matrix[urgency][impact],
    urgency,
    reasons: [...urgencyReasons, ...(targets === undefined ? [] : [targets[1]]), ...wider],
  };
}

/** The urgency, then why. */
function urgencyOf({ severity, urgency, runsOutInMs }: PriorityFacts): [Urgency, ...string[]] {
  if (urgency !== undefined) return [urgency, `urgency ${urgency} by a person`];
  const stated = URGENCY[severity];
  if (runsOutInMs === null || severity === 'none') return [stated, statedReason(severity, stated)];
  const within = `it runs out within ${speakDuration(runsOutInMs)}`;
  const predicted: Urgency = runsOutInMs <= SOON_MS ? 'high' : runsOutInMs <= TODAY_MS ? 'medium' : 'low';
  // Where nobody said how bad it is, how soon is all that is known; it is still no trifle.
  if (severity === 'unknown') {
    const known = highest([predicted, 'medium']);
    return [known, `no known severity, but ${within}, so urgency is ${known}`];
  }
  const both = highest([stated, predicted]);
  if (both === stated) return [stated, statedReason(severity, stated)];
  return [both, `severity ${severity}, but ${within}, so urgency is ${both}`];
}

function statedReason(severity: Severity, urgency: Urgency): string {
  return severity === 'unknown'
    ? 'no known severity, so urgency is high'
    : `severity ${severity}, so urgency is ${urgency}`;
}

/** The targets first. */
function impactsOf({ targets, service }: PriorityFacts): readonly Reason[] {
  const hit: Reason = [byCount(targets), targets === 1 ? '1 target is hit' : `${targets} targets are hit`];
  if (service === null) return [hit];
  const { name, tier, dependents } = service;
  return [
    hit,
    [tier === 1 ? 'high' : tier === 2 ? 'medium' : 'low', `${name} is a service of tier ${tier ?? '?'}`],
    [byCount(dependents), `${dependents} services need ${name}`],
  ];
}

function byCount(count: number): Rating {
  return count >= MANY ? 'high' : count >= SEVERAL ? 'medium' : 'low';
}

function highest(ratings: readonly Rating[]): Rating {
  return RATINGS.find((rating) => ratings.includes(rating)) ?? 'low';
}
