import type { Labels } from '../domain/alert.ts';
import type { Attempt, AttemptState, Incident } from '../domain/incident.ts';
import { isOpen } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import type { Executor, RunResult } from '../fixes/executor.ts';
import { factsOf, type CompiledFix, type FixPlan } from '../fixes/fix.ts';
import { checkGuards, checkPopulation, checkPrecondition } from '../fixes/guards.ts';
import { planFix } from '../fixes/plan.ts';
import { describeAction } from '../fixes/rendered-action.ts';
import { selectFix } from '../fixes/select-fix.ts';
import { readPlan } from '../fixes/stored-plan.ts';
import { beginVerification } from '../fixes/verify.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import type { Rules } from '../incidents/rules.ts';
import { findAttempt, guardHistory, inFlightOf, insertAttempt, moveAttempt } from '../store/fix-journal.ts';
import { firingAlerts, targetsOfFix } from '../store/firing.ts';
import type { Store } from '../store/store.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { askMetrics, type Askable } from './ask-metrics.ts';

type FixJob = Extract<Job, { kind: 'fix' }>;

export interface FixParts {
  readonly store: Store;
  readonly rules: () => Rules;
  readonly fixes: readonly CompiledFix[];
  readonly executors: readonly Executor[];
  readonly metricsSources: readonly Askable[];
}

/** How much of a fix's output the record keeps; the executor caps at 64 KiB. */
const OUTPUT_KEPT = 16_384;

/** What is about to run, after its intent was committed. */
interface Intent {
  readonly attempt: Attempt;
  readonly plan: FixPlan;
  readonly intentAt: number;
  /** Of the incident: they choose whom a query without a name is put to. */
  readonly labels: Labels;
}

/**
 * Runs a known fix, at most once: `intent` is committed, then the guards that need a look outside, then `started` is
 * committed, only then it runs. Found `started` after a crash, its outcome is `unknown` and it never starts again.
 */
export async function runFix(parts: FixParts, job: FixJob, signal: AbortSignal): Promise<void> {
  const intent = await parts.store.transact((unit) => prepare(parts, unit, job));
  if (intent === null) return;
  const reasons = await lookOutside(parts, intent, signal);
  const started = await parts.store.transact((unit) => start(parts, unit, job, intent, reasons));
  if (started === null) return;
  const executor = parts.executors.find(({ name }) => name === intent.plan.executor);
  const result = await runOnce(executor, intent, job.fence, signal);
  await parts.store.transact((unit) => finish(unit, job, started, intent.plan, result));
}

/** First transaction: plan, guards, and `intent`; or the reason why not, which ends the job. */
async function prepare(parts: FixParts, unit: UnitOfWork, job: FixJob): Promise<Intent | null> {
  const incident = await unit.incident(job.incident);
  if (incident === null) return end(unit, job);
  const known = await findAttempt(unit.tx, job.incident, job.payload.fix);
  if (known !== undefined) return resume(unit, job, incident, known.id);
  const { restored } = job.payload;
  const refuse = (attempt: Attempt, reasons: readonly string[]): Promise<null> =>
    restored === undefined
      ? record(unit, job, attempt, 'refused', reasons)
      : record(unit, job, attempt, 'unknown', [mayHaveRun(restored)]);
  const compiled = parts.fixes.find(({ fix }) => fix.id === job.payload.fix);
  const selected = selectFix(parts.fixes, {
    labels: incident.labels,
    source: incident.source,
    category: incident.classification.category,
  });
  if (compiled === undefined || selected?.fix !== compiled || parts.rules().mode !== 'full') {
    return refuse(blank(job, job.payload.fix, unit.now), ['the fix no longer applies']);
  }
  const attempt = blank(job, compiled.fix.title, unit.now);
  const planned = planFix(
    compiled,
    selected.mode,
    factsOf(incident, await firingAlerts(unit.tx, incident.uid)),
    parts.executors,
  );
  if (!planned.ok) return refuse(attempt, planned.reasons);
  const { plan } = planned;
  const at = { ...attempt, target: plan.target };
  const shown = describeAction(plan.action);
  if (restored !== undefined) return recordUnknown(unit, job, at, plan, restored);
  const refusals = await refusalsOf(unit, plan, incident, null);
  if (refusals.length > 0) return record(unit, job, at, 'refused', refusals, plan);
  if (plan.mode === 'dry_run') return record(unit, job, at, 'dry_run', [`it would run: ${shown}`], plan);
  if (plan.mode === 'approval')
    return record(
      unit,
      job,
      at,
      'refused',
      [`it needs approval, which this version cannot ask for; by hand: ${shown}`],
      plan,
    );
  await insertAttempt(unit.tx, {
    id: at.id,
    incident: incident.uid,
    state: 'intent',
    fence: job.fence,
    at: unit.now,
    plan,
  });
  const intent: Attempt = { ...at, state: 'intent', reasons: [shown] };
  unit.run(incident.uid, { type: 'fix_state', attempt: intent });
  return { attempt: intent, plan, intentAt: unit.now, labels: incident.labels };
}

/** The job was claimed before. What had only been intended may go on; what had started is `unknown` for ever. */
async function resume(unit: UnitOfWork, job: FixJob, incident: Incident, id: string): Promise<Intent | null> {
  const row = await findAttempt(unit.tx, job.incident, job.payload.fix);
  const attempt = incident.attempts.find((other) => other.id === id);
  if (row === undefined || attempt === undefined) return end(unit, job);
  const { restored } = job.payload;
  if (row.state === 'intent' && restored === undefined)
    return { attempt, plan: readPlan(row.plan), intentAt: row.intent_at, labels: incident.labels };
  if (row.state !== 'started' && row.state !== 'intent') return end(unit, job);
  const why =
    restored === undefined
      ? 'Tierbell stopped while it ran, so nobody knows whether it took effect; it is never started again by itself'
      : mayHaveRun(restored);
  await moveAttempt(unit.tx, id, ['started', 'intent'], 'unknown', { finished_at: unit.now });
  unit.run(incident.uid, {
    type: 'fix_state',
    attempt: { ...attempt, state: 'unknown', reasons: [why], finishedAt: unit.now },
  });
  return end(unit, job);
}

function mayHaveRun(backupAt: string): string {
  return `this store was restored from a backup of ${backupAt}, and the fix may have run since then: nobody knows whether it took effect, and it is never started again by itself`;
}

/** Counts like one that ran just now, for everything that the guards look at. */
async function recordUnknown(
  unit: UnitOfWork,
  job: FixJob,
  attempt: Attempt,
  plan: FixPlan,
  restored: string,
): Promise<null> {
  await record(unit, job, attempt, 'unknown', [mayHaveRun(restored)], plan);
  await moveAttempt(unit.tx, attempt.id, ['unknown'], 'unknown', { started_at: unit.now, finished_at: unit.now });
  return null;
}

async function refusalsOf(
  unit: UnitOfWork,
  plan: FixPlan,
  incident: Incident,
  self: { id: string; intentAt: number } | null,
): Promise<string[]> {
  const history = await guardHistory(unit.tx, plan, incident.uid, self, unit.now);
  return [...whoHasIt(incident), ...checkGuards(plan, { ...history, firing: incident.firing > 0 }, unit.now)];
}

/** A fix has its time; once that is over, people work on it, and nothing may run under their hands. */
function whoHasIt(incident: Incident): string[] {
  if (!isOpen(incident)) return [`the incident is ${incident.status}`];
  return incident.deadlines.fix === undefined ? ['its time is over, and people have taken the incident over'] : [];
}

/** Guards that ask a metrics source. Fail closed: no answer refuses. */
async function lookOutside(parts: FixParts, { plan, attempt, labels }: Intent, signal: AbortSignal): Promise<string[]> {
  const { precondition, population } = plan.guards;
  const reasons: string[] = [];
  if (precondition !== null)
    reasons.push(
      ...checkPrecondition(precondition.query, await askMetrics(parts.metricsSources, precondition, labels, signal)),
    );
  if (population !== null) {
    const answer = await askMetrics(parts.metricsSources, population, labels, signal);
    const firing = await targetsOfFix(parts.store.db, parts.rules(), plan.fix);
    const inFlight = await inFlightOf(parts.store.db, plan.fix, attempt.id);
    reasons.push(...checkPopulation(answer, { firing, inFlight }));
  }
  return reasons;
}

/** Second transaction: everything is looked at once more, the lease too; then `started` is on disk before it runs. */
async function start(
  parts: FixParts,
  unit: UnitOfWork,
  job: FixJob,
  intent: Intent,
  found: readonly string[],
): Promise<Attempt | null> {
  const incident = await unit.incident(job.incident);
  if (incident === null) return end(unit, job);
  await unit.hold(job);
  const reasons = [
    ...found,
    ...(await refusalsOf(unit, intent.plan, incident, { id: intent.attempt.id, intentAt: intent.intentAt })),
  ];
  if (parts.rules().mode !== 'full') reasons.push('fixes are off (mode is not full)');
  if (reasons.length > 0) {
    await moveAttempt(unit.tx, intent.attempt.id, ['intent'], 'refused');
    unit.run(incident.uid, { type: 'fix_state', attempt: { ...intent.attempt, state: 'refused', reasons } });
    return end(unit, job);
  }
  const moved = await moveAttempt(unit.tx, intent.attempt.id, ['intent'], 'started', {
    fence: job.fence,
    started_at: unit.now,
  });
  if (!moved) return end(unit, job);
  const started: Attempt = { ...intent.attempt, state: 'started', startedAt: unit.now };
  unit.run(incident.uid, { type: 'fix_state', attempt: started });
  return started;
}

async function runOnce(
  executor: Executor | undefined,
  { attempt, plan }: Intent,
  fence: number,
  signal: AbortSignal,
): Promise<RunResult> {
  if (executor === undefined)
    return { state: 'failed', exitCode: null, output: '', reason: `the executor ${plan.executor} is gone` };
  try {
    return await executor.run(plan.action, { id: attempt.id, fence }, signal);
  } catch (error) {
    return { state: 'unknown', exitCode: null, output: '', reason: `it broke while it ran: ${String(error)}` };
  }
}

/** Third transaction: the outcome, and the verification that follows a success. */
async function finish(
  unit: UnitOfWork,
  job: FixJob,
  started: Attempt,
  plan: FixPlan,
  result: RunResult,
): Promise<void> {
  const incident = await unit.incident(job.incident);
  const moved = await moveAttempt(unit.tx, started.id, ['started'], result.state, { finished_at: unit.now });
  if (moved && incident !== null) {
    const output = result.output.slice(-OUTPUT_KEPT);
    const reasons = result.reason === '' ? [] : [result.reason];
    const attempt: Attempt = {
      ...started,
      state: result.state,
      reasons,
      finishedAt: unit.now,
      exitCode: result.exitCode,
      output,
    };
    unit.run(job.incident, { type: 'fix_state', attempt });
    if (result.state === 'succeeded') {
      const { until, healthySince, dueAt } = beginVerification(plan.verify, unit.now);
      unit.queue(job.incident, {
        kind: 'verify',
        key: `${job.incident}:verify:${started.id}`,
        dueAt,
        payload: { attempt: started.id, until, healthySince },
      });
    }
  }
  await unit.finish(job);
}

function blank(job: FixJob, title: string, now: number): Attempt {
  const id = uuidv7(now);
  return {
    id,
    fix: job.payload.fix,
    title,
    target: '',
    state: 'proposed',
    reasons: [],
    startedAt: null,
    finishedAt: null,
    exitCode: null,
    output: '',
    verification: null,
  };
}

/** An attempt that will not run: on record, and the job is done. */
async function record(
  unit: UnitOfWork,
  job: FixJob,
  attempt: Attempt,
  state: AttemptState,
  reasons: readonly string[],
  plan?: FixPlan,
): Promise<null> {
  if (plan !== undefined)
    await insertAttempt(unit.tx, {
      id: attempt.id,
      incident: job.incident,
      state,
      fence: job.fence,
      at: unit.now,
      plan,
    });
  unit.run(job.incident, { type: 'fix_state', attempt: { ...attempt, state, reasons } });
  return end(unit, job);
}

async function end(unit: UnitOfWork, job: FixJob): Promise<null> {
  await unit.finish(job);
  return null;
}
