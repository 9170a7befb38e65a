/** Everything that decides the order of lines and templates stands here. Each rule has its test. */
export const WEIGHTS = {
  level: { fatal: 8, error: 7, warn: 4, '': 2, info: 1, debug: 0, trace: 0 } as Readonly<Record<string, number>>,
  /** Where a line says no level, what its words say, see cues.ts. */
  words: { end: 7, strong: 6, weak: 3 },
  /** Never seen in the baselines, … */
  unseen: 4.5,
  /** … less where others say it too, and so often (G) is not reached; … */
  surprising: 12,
  /** … and this much more by how certain that is: reached at G = 999. */
  certainlyUnseen: 1.5,
  /** Seen more often than expected, at most this, reached at ten times as often. */
  risen: 3,
  /** What came as often as before is worth this share of what it says: it was there when all was well. */
  asBefore: 0.85,
  /** Seen less often than expected, by how certain that is; what is missing is worth less than what is new and severe. */
  fallen: { each: 2.3, most: 8.2 },
  /** Problems that became fewer are no problem. */
  fewerProblems: 0.4,
  /** What began only after the alert fired is no cause of it; at most this, half of it a minute later. */
  afterAlert: -2,
  /** What belongs to the requests in which something newly failed, and what failed first in them. */
  sharedTraces: 1,
  /** Of those that come last, or nearest to the time that was asked for. */
  recency: 0.9,
  /** Within one log, without anything to compare with. */
  within: {
    end: 7,
    strong: 6,
    weak: 3,
    level: { fatal: 7, error: 6, warn: 2.5 } as Readonly<Record<string, number>>,
    denied: -7,
    code: -3,
    advice: -3,
    debug: -5,
    command: 4,
    red: 1,
    location: 1,
    /** What is rare in this log. */
    rare: 2.5,
    /** What is near before the end, or near the time that was asked for. `lines`: where it is worth half. */
    near: { most: 2.5, lines: 60 },
    afterEnd: -4,
    /** Each doubling of the like costs this. */
    again: 2.2,
    /** Of one report the first lines tell most; each line further costs this, … */
    run: 0.3,
    /** … up to so many. */
    longRun: 10,
    /** Lines around a problem share its weight, less with each line between. */
    around: { share: 0.72, plain: 0.6, decay: 0.93, detail: 1.5, before: 2, after: 16, command: 2 },
  },
} as const;

/** Below it a change may be chance: the 95th percentile of χ² with one degree of freedom. */
export const SIGNIFICANT = 3.84;
