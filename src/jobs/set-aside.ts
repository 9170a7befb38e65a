import type { Attempt, AttemptState } from '../domain/incident.ts';
import type { Job, JobKind } from '../domain/job.ts';
import type { Command } from '../incidents/command.ts';
import { findAttempt, moveAttempt, readAttempt } from '../store/fix-journal.ts';
import type { AttemptRow } from '../store/schema.ts';
import { isStoreTrouble } from '../store/store-trouble.ts';
import type { Store } from '../store/store.ts';
import { StaleLease, type UnitOfWork } from '../store/unit-of-work.ts';

const WHAT: Readonly<Record<JobKind, string>> = {
  deadline: 'a deadline',
  notify: 'a message',
  refresh: 'bringing a message up to date',
  evidence: 'collecting the logs',
  fix: 'the known fix',
  verify: 'verifying the known fix',
  handover: 'packing the handover bundle',
};

/** Where an attempt ends that nobody works on any more. What may have run is never called harmless. */
const ENDS_AS: Readonly<Partial<Record<AttemptState, AttemptState>>> = {
  proposed: 'refused',
  intent: 'refused',
  started: 'unknown',
  succeeded: 'unverified',
};

/** Work that broke again and again: kept as a dead letter, on record, and told, so that one incident stops no other. */
export async function setAside(store: Store, job: Job, why: string): Promise<void> {
  try {
    await buryAndTell(store, job, why);
  } catch (error) {
    if (isStoreTrouble(error) || error instanceof StaleLease) throw error;
    // What breaks even the telling must not come back for ever; it still counts among the dead letters.
    await store.bury(job, `${why}; telling people of it broke too: ${String(error)}`);
  }
}

async function buryAndTell(store: Store, job: Job, why: string): Promise<void> {
  await store.transact(async (unit) => {
    await unit.bury(job, why);
    const incident = await unit.incident(job.incident);
    if (incident === null || job.kind === 'refresh') return; // a refresh tells nobody anything new
    unit.run(job.incident, commandOf(job, why));
    await endAttempt(unit, job, incident.attempts, why);
  });
}

/** A message that breaks is a message lost, and a bundle that breaks must not keep people from being told. */
function commandOf(job: Job, why: string): Command {
  if (job.kind === 'notify') {
    const { channel, recipient, purpose } = job.payload;
    return { type: 'notice_failed', channel, recipient, purpose, detail: `it broke again and again: ${why}` };
  }
  if (job.kind === 'handover') {
    return { type: 'handover', bundle: null, notify: job.payload.notify, why: job.payload.why, problem: why };
  }
  return { type: 'set_aside', what: WHAT[job.kind], why };
}

/** Frees the lock on the target, and lets people hear of the outcome. */
async function endAttempt(unit: UnitOfWork, job: Job, attempts: readonly Attempt[], why: string): Promise<void> {
  const row = await attemptOf(unit, job);
  const attempt = attempts.find(({ id }) => id === row?.id);
  const state = row && ENDS_AS[row.state as AttemptState];
  if (row === undefined || attempt === undefined || state === undefined) return;
  await moveAttempt(unit.tx, row.id, [row.state as AttemptState], state, { finished_at: unit.now });
  unit.run(job.incident, { type: 'fix_state', attempt: { ...attempt, state, reasons: [`it broke: ${why}`] } });
}

async function attemptOf(unit: UnitOfWork, job: Job): Promise<AttemptRow | undefined> {
  if (job.kind === 'fix') return findAttempt(unit.tx, job.incident, job.payload.fix);
  return job.kind === 'verify' ? readAttempt(unit.tx, job.payload.attempt) : undefined;
}
