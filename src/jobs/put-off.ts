import type { Job } from '../domain/job.ts';
import type { Failure } from '../domain/result.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** A message that has not gone out for so long is told to the fallback while it is tried on. */
export const LATE_MS = 30_000;

/**
 * Puts a message that did not get through off for a while, in one transaction with the word to the fallback, which hears
 * of it once it is late.
 * @param began when it was first tried, of the store's clock
 * @param backoffMs how long it would wait where nobody asked for patience
 * @throws StaleLease where somebody else has claimed it since
 */
export async function putOff(
  unit: UnitOfWork,
  job: Extract<Job, { kind: 'notify' }>,
  began: number,
  problem: Failure,
  backoffMs: number,
): Promise<void> {
  const { channel, recipient, purpose, lateTold = false } = job.payload;
  const mayTell = !lateTold && purpose !== 'fallback';
  const lateAt = began + LATE_MS;
  // Who asked for patience is not asked earlier; everybody else is asked once more when it becomes late.
  const patient = problem.retryAfterMs !== undefined || !mayTell || unit.now >= lateAt;
  const nextAt = patient ? unit.now + backoffMs : Math.min(unit.now + backoffMs, lateAt);
  const late = mayTell && (unit.now >= lateAt || nextAt > lateAt);
  await unit.postpone(job, nextAt, problem.detail, { ...job.payload, since: began, lateTold: lateTold || late });
  await unit.incident(job.incident);
  if (late) unit.run(job.incident, { type: 'notice_late', channel, recipient, detail: problem.detail });
}
