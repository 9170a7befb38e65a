import type { Failure } from '../../domain/result.ts';
import type { Crowd } from './crowd.ts';
import type { LogAnswer, LogQuery, ScopeStep } from '../log-store.ts';

type Answer = LogAnswer | Failure;

/** A question that was put to the store, with its answer or on the way to it. */
export interface Asked {
  readonly query: LogQuery;
  /** When it was put, on the clock of the shelter. */
  readonly at: number;
  readonly answer: Promise<Answer>;
  /** Who waits for it. */
  readonly crowd: Crowd;
}

/** Incidents that begin and end so close together are one: what fires within a minute, and the time until it is read. */
const NEAR_MS = 75_000;
const MAX_ENTRIES = 8;
/** Of all answers that are kept: about 10 MB. */
const MAX_LINES = 25_000;
const KEEP_MS = NEAR_MS;

/** Answers of the last minute or so, few and small enough, so that the same question of many alerts is put once. */
export class SharedAnswers {
  #entries: (Asked & { lines: number })[] = [];
  #sweeping: NodeJS.Timeout | undefined;
  readonly #clock: () => number;

  /** @param clock milliseconds that only go forward */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What could answer this question, the newest first: see {@link answers} when it is there. */
  candidates(query: LogQuery): readonly Asked[] {
    const oldest = this.#clock() - Math.min(query.maxAgeMs ?? 0, KEEP_MS);
    return this.#entries
      .filter((entry) => entry.at > oldest && !entry.crowd.signal.aborted && isNear(entry.query, query))
      .toReversed();
  }

  keep(asked: Asked): void {
    const entry = { ...asked, lines: 0 };
    this.#entries = [...this.#entries.slice(1 - MAX_ENTRIES), entry];
    const drop = (): void => this.#drop((other) => other === entry);
    asked.answer.then((answer) => {
      if (!answer.ok) return drop();
      entry.lines = answer.windows.reduce((sum, { lines }) => sum + lines.length, 0);
      this.#shrink();
      this.#sweepLater();
    }, drop); // who waits for it hears of the mistake
  }

  clear(): void {
    clearTimeout(this.#sweeping);
    this.#entries = [];
  }

  #drop(which: (entry: Asked) => boolean): void {
    this.#entries = this.#entries.filter((entry) => !which(entry));
  }

  #shrink(): void {
    let lines = this.#entries.reduce((sum, entry) => sum + entry.lines, 0);
    while (lines > MAX_LINES && this.#entries.length > 1) lines -= this.#entries.shift()?.lines ?? 0;
  }

  #sweepLater(): void {
    clearTimeout(this.#sweeping);
    this.#sweeping = setTimeout(() => {
      this.#drop(({ at }) => at <= this.#clock() - KEEP_MS);
      if (this.#entries.length > 0) this.#sweepLater();
    }, KEEP_MS);
    this.#sweeping.unref();
  }
}

function isNear(a: LogQuery, b: LogQuery): boolean {
  const sameBudget = JSON.stringify(a.budget) === JSON.stringify(b.budget);
  return (
    sameBudget &&
    sameSteps(a.scope.slice(0, 1), b.scope.slice(0, 1)) &&
    a.windows.length === b.windows.length &&
    // The first is the incident, from which the others follow.
    a.windows.every(({ name, from, to }, index) => {
      const other = b.windows[index];
      if (other === undefined || name !== other.name) return false;
      return index > 0 || (Math.abs(from - other.from) <= NEAR_MS && Math.abs(to - other.to) <= NEAR_MS);
    })
  );
}

/** Steps that are tried together: which of them is used depends on what the others hold. */
const OWN: ReadonlySet<ScopeStep['name']> = new Set(['pod', 'workload', 'service']);

/** Whether the answer to one question is that of another, which is near: the steps that led to it are the same. */
export function answers(asked: LogQuery, answer: Answer, query: LogQuery): boolean {
  if (sameSteps(asked.scope, query.scope)) return true;
  // That a store cannot be reached has nothing to do with what it was asked.
  if (!answer.ok) return answer.retryable;
  const used = asked.scope.findIndex(({ name, value }) => name === answer.scope?.name && value === answer.scope.value);
  const isSilent = (answer.windows.find(({ name }) => name === 'incident')?.records ?? 0) === 0;
  if (used < 0 || isSilent || answer.neighbours === true) return false;
  const decisive = ({ scope }: LogQuery): readonly ScopeStep[] =>
    scope.filter(({ name }, index) => index <= used || OWN.has(name));
  return sameSteps(decisive(asked), decisive(query));
}

function sameSteps(a: readonly ScopeStep[], b: readonly ScopeStep[]): boolean {
  return a.length === b.length && a.every(({ name, value }, i) => name === b[i]?.name && value === b[i]?.value);
}
