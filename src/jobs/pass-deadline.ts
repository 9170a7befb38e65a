import type { Job } from '../domain/job.ts';
import type { Store } from '../store/store.ts';

/** A deadline came due: what it means is decided and committed in one transaction. Nothing outside is touched. */
export async function passDeadline(
  { store }: { store: Store },
  job: Extract<Job, { kind: 'deadline' }>,
): Promise<void> {
  await store.transact(async (unit) => {
    await unit.finish(job);
    if ((await unit.incident(job.incident)) !== null) unit.run(job.incident, { type: 'deadline', ...job.payload });
  });
}
