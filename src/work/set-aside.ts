import type { Job, JobKind } from '../domain/job.ts';
import type { Store } from '../store/store.ts';

const WHAT: Readonly<Record<JobKind, string>> = {
  deadline: 'a deadline',
  notify: 'a message',
  refresh: 'bringing a message up to date',
  evidence: 'collecting the logs',
  fix: 'the known fix',
  verify: 'verifying the known fix',
  handover: 'packing the handover bundle',
};

/** Work that broke again and again: kept as a dead letter, on record, and told, so that one incident stops no other. */
export async function setAside(store: Store, job: Job, why: string): Promise<void> {
  await store.bury(job, why);
  await store.transact(async (unit) => {
    if ((await unit.incident(job.incident)) !== null)
      unit.run(job.incident, { type: 'set_aside', what: WHAT[job.kind], why });
  });
}
