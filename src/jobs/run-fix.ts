import type { Attempt, AttemptState, Incident } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import type { Executor, RunResult } from '../fixes/executor.ts';
import type { FixPlan } from '../fixes/fix.ts';
import { checkPopulation, checkPrecondition } from '../fixes/guards.ts';
import { describeAction } from '../fixes/rendered-action.ts';
import { readPlan } from '../fixes/stored-plan.ts';
import { beginVerification } from '../fixes/verify.ts';
import { findAttempt, inFlightOf, insertAttempt, moveAttempt, readAttempt } from '../store/fix-journal.ts';
import { targetsOfFix } from '../store/firing.ts';
import type { AttemptRow } from '../store/schema.ts';
import { StaleLease, type UnitOfWork } from '../store/unit-of-work.ts';
import { askMetrics } from './ask-metrics.ts';
import { lookAgain, mayNotRun, whoHasIt, type Intent } from './may-run.ts';
import { planAttempt, refusalsOf, type FixParts } from './plan-attempt.ts';
import { untilStored } from './until-stored.ts';

type FixJob = Extract<Job, { kind: 'fix' }>;

/** How much of a fix's output the record keeps; the executor caps at 64 KiB. */
const OUTPUT_KEPT = 16_384;

/**
 * Runs a known fix, at most once: `intent` is committed, then the guards that need a look outside, then `started` is
 * committed, only then it runs, at once or not without another look. Found `started` after a crash, its outcome is
 * `unknown` and it never starts again.
 */
export async function runFix(parts: FixParts, job: FixJob, signal: AbortSignal): Promise<void> {
  const intent = await parts.store.transact((unit) => prepare(parts, unit, job));
  if (intent === null) return;
  const reasons = await lookOutside(parts, intent, signal);
  const begunAt = parts.store.now();
  const started = await parts.store.transact((unit) => start(parts, unit, job, intent, reasons));
  if (started === null) return; // refused, or it waits for a person now
  const since = await lookAgain(parts, job, intent, begunAt);
  const executor = parts.executors.find(({ name }) => name === intent.plan.executor);
  const result = since.length > 0 ? neverRun(since) : await runOnce(executor, intent, job.fence, signal);
  await untilStored(
    () => parts.store.transact((unit) => finish(unit, job, started, intent.plan, result)),
    signal,
  ).catch(async (error: unknown) => {
    if (error instanceof StaleLease) await tellLate(parts, job, started, result);
    throw error;
  });
}

/** Somebody took over meanwhile and called it unknown, which stays; what really came of it goes on record as a note. */
async function tellLate({ store }: FixParts, job: FixJob, started: Attempt, result: RunResult): Promise<void> {
  await store.transact(async (unit) => {
    const row = await readAttempt(unit.tx, started.id);
    const incident = await unit.incident(job.incident);
    const known = incident?.attempts.find(({ id }) => id === started.id);
    if (row?.state !== 'unknown' || known?.state !== 'unknown') return; // it is written already, or not decided yet
    unit.run(job.incident, { type: 'fix_state', attempt: outcomeOf(started, result, unit.now) });
  });
}

/** First transaction: plan, guards, and `intent` (or `proposed`); or the reason why not, which ends the job. */
async function prepare(parts: FixParts, unit: UnitOfWork, job: FixJob): Promise<Intent | null> {
  const incident = await unit.incident(job.incident);
  if (incident === null) return end(unit, job);
  const known = await findAttempt(unit.tx, job.incident, job.payload.fix);
  if (known !== undefined) return resume(unit, job, incident, known);
  const { restored, fix } = job.payload;
  const { attempt, mode, plan, reasons } = await planAttempt(parts, unit, incident, fix, 'chosen');
  if (plan === null) {
    return restored === undefined
      ? record(unit, job, attempt, 'refused', reasons)
      : record(unit, job, attempt, 'unknown', [mayHaveRun(restored)]);
  }
  if (restored !== undefined) return recordUnknown(unit, job, attempt, plan, restored);
  const refusals = [...whoHasIt(incident), ...(await refusalsOf(unit, plan, incident, null))];
  if (refusals.length > 0) return record(unit, job, attempt, 'refused', refusals, plan);
  const shown = describeAction(plan.action);
  if (mode === 'dry_run') return record(unit, job, attempt, 'dry_run', [`it would run: ${shown}`], plan);
  const state = mode === 'approval' ? 'proposed' : 'intent';
  const intent: Attempt = { ...attempt, state, reasons: [shown] };
  await insertAttempt(unit.tx, {
    ...{ id: attempt.id, incident: incident.uid, state, fence: job.fence, at: unit.now, plan },
  });
  unit.run(incident.uid, { type: 'fix_state', attempt: intent });
  return { attempt: intent, plan, intentAt: unit.now, labels: incident.labels };
}

/**
 * It was decided upon before: by this job before a crash, or by a person. What had only been intended may go on; what had
 * started is `unknown` for ever.
 */
async function resume(unit: UnitOfWork, job: FixJob, incident: Incident, row: AttemptRow): Promise<Intent | null> {
  const { id, state } = row;
  const attempt = incident.attempts.find((other) => other.id === id);
  if (attempt === undefined) return end(unit, job);
  const { restored } = job.payload;
  const waits = state === 'intent' || state === 'proposed';
  if (waits && restored === undefined)
    return { attempt, plan: readPlan(row.plan), intentAt: Number(row.intent_at), labels: incident.labels };
  if (state !== 'started' && !waits) return end(unit, job);
  const why =
    restored === undefined
      ? 'Tierbell stopped while it ran, so nobody knows whether it took effect; it is never started again by itself'
      : mayHaveRun(restored);
  const finished = { finished_at: unit.now, ...(row.started_at === null ? { started_at: unit.now } : {}) };
  await moveAttempt(unit.tx, id, ['started', 'intent', 'proposed'], 'unknown', finished);
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
  const reasons = [...found, ...(await mayNotRun(parts, unit, incident, intent))];
  if (reasons.length > 0) return moveTo(unit, job, intent, 'refused', reasons);
  if (intent.attempt.state === 'proposed')
    return moveTo(unit, job, intent, 'awaiting_approval', intent.attempt.reasons);
  const moved = await moveAttempt(unit.tx, intent.attempt.id, ['intent'], 'started', {
    fence: job.fence,
    started_at: unit.now,
  });
  if (!moved) return end(unit, job);
  const started: Attempt = { ...intent.attempt, state: 'started', startedAt: unit.now };
  unit.run(incident.uid, { type: 'fix_state', attempt: started });
  return started;
}

/** It does not start, or not before a person says so. */
async function moveTo(
  unit: UnitOfWork,
  job: FixJob,
  { attempt }: Intent,
  state: 'refused' | 'awaiting_approval',
  reasons: readonly string[],
): Promise<null> {
  if (await moveAttempt(unit.tx, attempt.id, ['intent', 'proposed'], state))
    unit.run(job.incident, { type: 'fix_state', attempt: { ...attempt, state, reasons } });
  return end(unit, job);
}

function neverRun(reasons: readonly string[]): RunResult {
  const reason = `it was not run: the bridge stood still just before, and by then ${reasons.join('; ')}`;
  return { state: 'failed', exitCode: null, output: '', reason };
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

function outcomeOf(started: Attempt, { state, exitCode, output, reason }: RunResult, now: number): Attempt {
  const reasons = reason === '' ? [] : [reason];
  return { ...started, state, reasons, finishedAt: now, exitCode, output: output.slice(-OUTPUT_KEPT) };
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
    const attempt = outcomeOf(started, result, unit.now);
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
