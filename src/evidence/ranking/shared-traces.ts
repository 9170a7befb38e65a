import type { LogGroup } from './log-group.ts';

/**
 * What the traces say of each group. Of what did not fail: how much of it belongs to requests in which something newly
 * failed, above what is usual of all records that bear a trace. Of what newly failed: in how many of the requests that
 * others failed in too it was the first, as those who called it fail after it. Pure.
 * @param fails which groups newly failed, in the order of the groups
 * @returns for each group, in their order: 0 for none or no more than usual, towards 1 for all of many
 */
export function sharedTraces(groups: readonly LogGroup[], fails: readonly boolean[]): readonly number[] {
  const failures = failuresByTrace(groups, fails);
  if (failures.size === 0) return groups.map(() => 0);
  const all = groups.flatMap(tracesOf);
  const usual = all.filter((trace) => failures.has(trace)).length / all.length;
  return groups.map((group, index) => {
    const own = tracesOf(group);
    if (fails[index] === true) return shareFirst(index, new Set(own), failures);
    const tied = shareOf(own.filter((trace) => failures.has(trace)).length, own.length);
    return usual === 1 ? 0 : Math.max(0, (tied - usual) / (1 - usual));
  });
}

/** One that is there by chance is not much: as if there were one more that is not. */
function shareOf(count: number, all: number): number {
  return count / (all + 1);
}

/** When each failing group first showed in a trace, by the index of the group. Epoch milliseconds. */
type Failures = ReadonlyMap<string, ReadonlyMap<number, number>>;

function failuresByTrace(groups: readonly LogGroup[], fails: readonly boolean[]): Failures {
  const failures = new Map<string, Map<number, number>>();
  groups.forEach(({ members }, index) => {
    if (fails[index] !== true) return;
    for (const { trace = '', at } of members) {
      if (trace === '') continue;
      const known = failures.get(trace) ?? new Map<number, number>();
      known.set(index, Math.min(known.get(index) ?? Infinity, at ?? Infinity));
      failures.set(trace, known);
    }
  });
  return failures;
}

function shareFirst(index: number, traces: ReadonlySet<string>, failures: Failures): number {
  let shared = 0;
  let first = 0;
  for (const trace of traces) {
    const known = failures.get(trace);
    if (known === undefined || known.size < 2) continue;
    shared += 1;
    const own = known.get(index) ?? Infinity;
    if ([...known].every(([other, at]) => other === index || own < at)) first += 1;
  }
  return shareOf(first, shared);
}

function tracesOf({ members }: LogGroup): readonly string[] {
  return members.flatMap(({ trace }) => (trace === undefined || trace === '' ? [] : [trace]));
}
