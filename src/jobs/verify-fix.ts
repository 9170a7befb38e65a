import type { Job } from '../domain/job.ts';
import { readPlan } from '../fixes/stored-plan.ts';
import { judgeVerification } from '../fixes/verify.ts';
import { findIncidents } from '../store/look-up.ts';
import { moveAttempt, readAttempt } from '../store/fix-journal.ts';
import type { Store } from '../store/store.ts';
import { look, type LookParts } from './look.ts';

type VerifyJob = Extract<Job, { kind: 'verify' }>;

/** One look at whether a fix took effect, by an independent probe; comes again until it is sure, or out of time. */
export async function verifyFix(
  parts: LookParts & { readonly store: Store },
  job: VerifyJob,
  signal: AbortSignal,
): Promise<void> {
  const { store } = parts;
  const row = await readAttempt(store.db, job.payload.attempt);
  if (row === undefined || row.state !== 'succeeded') {
    await store.transact((unit) => unit.finish(job));
    return;
  }
  const plan = readPlan(row.plan);
  const [incident] = await findIncidents(store.db, [job.incident]);
  const found = await look(parts, plan, incident?.labels ?? {}, signal);
  const { until, healthySince } = job.payload;
  const step = judgeVerification(found, { until, healthySince, dueAt: job.dueAt }, store.now(), plan.verify);
  if (step.state === 'pending') {
    await store.again(job, step.nextCheckAt, { ...job.payload, healthySince: step.healthySince });
    return;
  }
  await store.transact(async (unit) => {
    const incident = await unit.incident(job.incident);
    const attempt = incident?.attempts.find((other) => other.id === row.id);
    if (attempt !== undefined && (await moveAttempt(unit.tx, row.id, ['succeeded'], step.state))) {
      const reasons = step.state === 'unverified' ? [step.reason] : [];
      unit.run(job.incident, {
        type: 'fix_state',
        attempt: { ...attempt, state: step.state, reasons, verification: step.verification },
      });
    }
    await unit.finish(job);
  });
}
