import type { Kysely } from 'kysely';
import { JOB_KINDS } from '../domain/job.ts';
import { readFrozen } from '../store/fix-controls.ts';
import type { Tables } from '../store/schema.ts';
import type { StoreMetrics } from './metrics.ts';

/** Sets the gauges of the store from what it holds now. @param now epoch milliseconds */
export async function readStoreGauges(
  db: Kysely<Tables>,
  gauges: StoreMetrics,
  team: (name: string) => string,
  now: number,
): Promise<void> {
  await readIncidents(db, gauges, team);
  await readJobs(db, gauges, now);
  gauges.fixesFrozen.set((await readFrozen(db)) === null ? 0 : 1);
}

async function readIncidents(
  db: Kysely<Tables>,
  gauges: StoreMetrics,
  teamLabel: (name: string) => string,
): Promise<void> {
  const open = await db
    .selectFrom('incidents')
    .select((eb) => ['category', 'level', 'status', 'priority', 'team', eb.fn.countAll<number>().as('n')])
    .where('status', 'in', ['triggered', 'acknowledged'])
    .groupBy(['category', 'level', 'status', 'priority', 'team'])
    .execute();
  gauges.incidentsOpen.reset();
  for (const { n, team, ...labels } of open) gauges.incidentsOpen.inc({ ...labels, team: teamLabel(team) }, Number(n));
  const oldest = await db
    .selectFrom('incidents')
    .select((eb) => ['level', eb.fn.min('created_at').as('at')])
    .where('status', '=', 'triggered')
    .groupBy('level')
    .execute();
  gauges.oldestUnacknowledged.reset();
  for (const { level, at } of oldest) gauges.oldestUnacknowledged.set({ level }, Number(at) / 1000);
}

async function readJobs(db: Kysely<Tables>, gauges: StoreMetrics, now: number): Promise<void> {
  const due = await db
    .selectFrom('jobs')
    .select((eb) => ['kind', eb.fn.countAll<number>().as('n'), eb.fn.min('due_at').as('at')])
    .where('state', 'in', ['due', 'leased'])
    .where('due_at', '<=', now)
    .groupBy('kind')
    .execute();
  const dead = await db
    .selectFrom('jobs')
    .select((eb) => ['kind', eb.fn.countAll<number>().as('n')])
    .where('state', '=', 'dead')
    .groupBy('kind')
    .execute();
  gauges.oldestDueJob.reset();
  for (const kind of JOB_KINDS) {
    const row = due.find((other) => other.kind === kind);
    gauges.jobsDue.set({ kind }, Number(row?.n ?? 0));
    if (row !== undefined) gauges.oldestDueJob.set({ kind }, Number(row.at) / 1000);
    gauges.deadLetters.set({ kind }, Number(dead.find((other) => other.kind === kind)?.n ?? 0));
  }
}
