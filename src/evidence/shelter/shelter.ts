import { failure, type Failure } from '../../domain/result.ts';
import type { LogAnswer, LogQuery, LogStore } from '../log-store.ts';
import { Breaker } from './breaker.ts';
import { Crowd } from './crowd.ts';
import { answers, SharedAnswers, type Asked } from './shared-answers.ts';
import { Turns } from './turns.ts';

type Answer = LogAnswer | Failure;

/** An answer so young is given again as it is; before an older one the store is asked whether it is still there. */
const FRESH_MS = 2_000;
/** Searches that a store is asked for at once. */
const AT_ONCE = 2;

/**
 * Stands between the bridge and a log store, so that neither can hurt the other: the same question of many alerts is put
 * once, few at a time, each within its budget, and a store that fails is left alone for a while.
 * @param clock milliseconds that only go forward
 */
export function shelter(store: LogStore, clock: () => number = () => performance.now()): LogStore {
  const breaker = new Breaker(clock);
  const turns = new Turns(AT_ONCE);
  const shared = new SharedAnswers(clock);

  async function put(query: LogQuery, signal: AbortSignal): Promise<Answer> {
    const endTurn = await turns.take(signal);
    if (endTurn === null) return calledOff(store);
    try {
      const refused = breaker.refuses();
      if (refused !== null) return refused;
      const answer = await withinBudget(store, query, signal);
      if (signal.aborted) breaker.forget();
      else breaker.note(answer);
      return answer;
    } catch (error) {
      breaker.forget();
      throw error;
    } finally {
      endTurn();
    }
  }

  function ask(query: LogQuery): Asked {
    const crowd = new Crowd();
    const asked = { query, at: clock(), answer: put(query, crowd.signal), crowd };
    shared.keep(asked);
    return asked;
  }

  let seen = { at: Number.NEGATIVE_INFINITY, there: Promise.resolve(true) };
  /** A store that has gone is told as such, not hidden behind what it said before. */
  function isThere(signal: AbortSignal): Promise<boolean> {
    if (clock() - seen.at > FRESH_MS)
      seen = { at: clock(), there: store.answersAtAll?.(signal) ?? Promise.resolve(true) };
    return seen.there;
  }

  return {
    name: store.name,
    kind: store.kind,
    serves: (labels) => store.serves(labels),
    scopeLabels: store.scopeLabels,
    budget: store.budget,
    ...(store.hidesAddresses === true ? { hidesAddresses: true } : {}),
    async fetch(query, caller) {
      if (caller.aborted) return calledOff(store);
      for (const asked of shared.candidates(query)) {
        if (clock() - asked.at > FRESH_MS && !(await isThere(caller))) break;
        const answer = await untilCalledOff(store, asked, caller);
        if (caller.aborted || answers(asked.query, answer, query)) return answer;
      }
      return untilCalledOff(store, ask(query), caller);
    },
    check: (signal) => store.check(signal),
    async close() {
      shared.clear();
      await store.close();
    },
  };
}

async function untilCalledOff(store: LogStore, { answer, crowd }: Asked, caller: AbortSignal): Promise<Answer> {
  crowd.join();
  let leave = (): void => undefined;
  const left = new Promise<Failure>((resolve) => {
    leave = () => {
      crowd.leave();
      resolve(calledOff(store));
    };
    caller.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([answer, left]);
  } finally {
    caller.removeEventListener('abort', leave);
  }
}

/** A store keeps to its budget itself; one that does not is left behind. */
async function withinBudget(store: LogStore, query: LogQuery, signal: AbortSignal): Promise<Answer> {
  const { timeMs } = query.budget;
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Failure>((resolve) => {
    timer = setTimeout(() => {
      stop.abort();
      const detail = `Log store "${store.name}" did not answer within its budget of ${timeMs / 1000} s: see whether it is overloaded, or allow more under \`budget.time\`.`;
      resolve(failure('timed_out', detail));
    }, timeMs);
  });
  try {
    const answer = store.fetch(query, AbortSignal.any([signal, stop.signal]));
    answer.catch(() => undefined); // where it lost the race
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function calledOff({ name }: LogStore): Failure {
  return failure('timed_out', `Reading log store "${name}" was called off before it had answered: it is asked again.`);
}
