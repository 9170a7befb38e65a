import type { KnownFix } from '../../src/config/rules-schema.ts';
import type { Job } from '../../src/domain/job.ts';
import { success, type Outcome } from '../../src/domain/result.ts';
import type { RunResult } from '../../src/fixes/executor.ts';
import { selectFix } from '../../src/fixes/select-fix.ts';
import type { Sample } from '../../src/metrics/metrics-source.ts';
import type { Rules } from '../../src/incidents/rules.ts';
import type { FixParts } from '../../src/jobs/plan-attempt.ts';
import { runFix } from '../../src/jobs/run-fix.ts';
import { verifyFix } from '../../src/jobs/verify-fix.ts';
import { compiledOf, fakeExecutor } from '../unit/fixes/example-fix.ts';
import { judged, MINUTE, rulesOf } from './fake-rules.ts';
import { alertOf, groupOf } from './incident-world.ts';
import { openTestStore, type TestStore } from './open-test-store.ts';

/** The failed unit of the documented example. */
export const UNIT_FAILED = alertOf('db-1', { name: 'SystemdUnitFailed', labels: { name: 'nginx.service' } });

/** A real store with one known fix, an executor and a metrics source that answer as they are told. */
export interface FixHouse extends TestStore {
  readonly parts: FixParts;
  /** What the executor was asked to run: `id fence`. */
  readonly runs: string[];
  readonly say: { result: RunResult | Error; metrics: (promql: string) => Outcome<readonly Sample[]> };
  /** Claims and does the due work of a kind. @returns whether there was any */
  work(kind: 'fix' | 'verify'): Promise<boolean>;
  claim(kind: 'fix' | 'verify'): Promise<Job>;
  /** States of the attempts in the journal, and in the incident. */
  states(number?: number): Promise<{ journal: string[]; incident: string[] }>;
}

export const SUCCEEDED: RunResult = { state: 'succeeded', exitCode: 0, output: 'restarted\n', reason: '' };

type Written = { [K in keyof KnownFix]?: unknown };

/** @param fix what is different from the documented example; `mode: automatic` unless said otherwise */
export async function openFixHouse(fix: Written = {}, change: Partial<Rules> = {}): Promise<FixHouse> {
  const compiled = compiledOf({ mode: 'automatic', overrides: [], ...fix });
  const rules = rulesOf({
    classify: () => judged('software-installation-failure'),
    selectFix(incident) {
      const found = selectFix([compiled], incident);
      if (found === null) return null;
      return { id: compiled.fix.id, title: compiled.fix.title, mode: found.mode, overdueMs: 12 * MINUTE };
    },
    ...change,
  });
  const house = await openTestStore(rules);
  const say: FixHouse['say'] = { result: SUCCEEDED, metrics: (promql) => healthy(promql) };
  const runs: string[] = [];
  const executor = fakeExecutor({
    run: async (_action, { id, fence }) => {
      runs.push(`${id} ${fence}`);
      if (say.result instanceof Error) throw say.result;
      return say.result;
    },
  });
  const prom = {
    name: 'prom',
    kind: 'prometheus',
    serves: () => true,
    query: async (promql: string) => say.metrics(promql),
  };
  const parts = (): FixParts => ({
    ...{ store: house.store, rules: () => rules, fixes: [compiled], executors: [executor], metricsSources: [prom] },
  });
  const claim = async (kind: 'fix' | 'verify'): Promise<Job> => {
    const [job] = await house.store.claim([kind], 1, MINUTE);
    if (job === undefined) throw new Error(`no ${kind} is due`);
    return job;
  };
  return Object.defineProperties(
    house,
    Object.getOwnPropertyDescriptors({
      ...{ runs, say, claim },
      get parts() {
        return parts();
      },
      async work(kind: 'fix' | 'verify') {
        const [job] = await house.store.claim([kind], 1, MINUTE);
        if (job === undefined) return false;
        const signal = new AbortController().signal;
        if (job.kind === 'fix') await runFix(parts(), job, signal);
        if (job.kind === 'verify') await verifyFix(parts(), job, signal);
        return true;
      },
      async states(number = 1) {
        const incident = await house.incident(number);
        const rows = await house.store.db
          .selectFrom('attempts')
          .select('state')
          .where('incident', '=', incident.uid)
          .execute();
        return { journal: rows.map(({ state }) => state), incident: incident.attempts.map(({ state }) => state) };
      },
    }),
  ) as FixHouse;
}

/** Everything asked for is well, and there are forty of it. */
export function healthy(promql: string): Outcome<readonly Sample[]> {
  return success([{ labels: {}, value: promql.startsWith('count(') ? 40 : 1 }]);
}

export async function unitFails(house: TestStore, host = 'db-1'): Promise<void> {
  const alert =
    host === 'db-1' ? UNIT_FAILED : alertOf(host, { name: 'SystemdUnitFailed', labels: { name: 'nginx.service' } });
  await house.deliver(groupOf([alert], { source: 'alertmanager', groupKey: `{}:{instance="${host}"}` }));
}
