import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely';
import type { AttemptState } from '../domain/incident.ts';
import type { FixPlan } from '../fixes/fix.ts';
import {
  countHistory,
  COUNTED,
  ENDED,
  HOUR_MS,
  IN_FLIGHT,
  type Considered,
  type PastAttempt,
} from '../fixes/guard-history.ts';
import type { GuardHistory } from '../fixes/guards.ts';
import { lastReset, readFrozen } from './fix-controls.ts';
import type { AttemptRow, Tables } from './schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

export async function findAttempt(db: Db, incident: string, fix: string): Promise<AttemptRow | undefined> {
  return db
    .selectFrom('attempts')
    .selectAll()
    .where('incident', '=', incident)
    .where('fix', '=', fix)
    .executeTakeFirst();
}

export async function readAttempt(db: Db, id: string): Promise<AttemptRow | undefined> {
  return db.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst();
}

/**
 * Writes an attempt's first state. The table allows one for each incident and fix; one that came to nothing makes room for
 * it, as the whole of it stands in the timeline.
 */
export async function insertAttempt(
  db: Db,
  attempt: { id: string; incident: string; state: AttemptState; fence: number; at: number; plan: FixPlan },
): Promise<void> {
  const { id, incident, state, fence, at, plan } = attempt;
  await db
    .deleteFrom('attempts')
    .where('incident', '=', incident)
    .where('fix', '=', plan.fix)
    .where('state', 'not in', COUNTED)
    .execute();
  await db
    .insertInto('attempts')
    .values({
      ...{ id, incident, state, fence, fix: plan.fix, target: plan.target, mode: plan.mode, action_hash: plan.hash },
      ...{ intent_at: at, started_at: null, finished_at: null, plan: JSON.stringify(plan) },
    })
    .execute();
}

/**
 * Moves an attempt on, from a state that it must be in.
 * @returns false where it was not: somebody else has moved it, and whoever asks must not act
 */
export async function moveAttempt(
  db: Db,
  id: string,
  from: readonly AttemptState[],
  to: AttemptState,
  more: { fence?: number; intent_at?: number; started_at?: number; finished_at?: number; plan?: string } = {},
): Promise<boolean> {
  const result = await db
    .updateTable('attempts')
    .set({ state: to, ...more })
    .where('id', '=', id)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** What the guards look at, the attempt `self` left out of every count. */
export async function guardHistory(
  db: Db,
  plan: Pick<FixPlan, 'fix' | 'target'>,
  incident: string,
  self: { id: string; intentAt: number } | null,
  now: number,
): Promise<Omit<GuardHistory, 'firing'>> {
  const { fix, target } = plan;
  const considered = { incident, fix, target, self: self?.id ?? null, now, resetAt: await lastReset(db, fix) };
  return {
    ...countHistory(await attemptsAround(db, considered), considered),
    frozen: await readFrozen(db),
    intentAgeMs: self === null ? 0 : now - self.intentAt,
  };
}

/** More of a kind than this change no guard's mind. */
const MANY = 100;

/** The attempts that matter to an attempt that is considered; see {@link countHistory}. */
async function attemptsAround(db: Db, { incident, fix, target, now }: Considered): Promise<PastAttempt[]> {
  const counted = db.selectFrom('attempts').selectAll().where('state', 'in', COUNTED);
  const parts = [
    await counted.where('incident', '=', incident).where('fix', '=', fix).execute(),
    await counted.where('target', '=', target).where('state', 'in', IN_FLIGHT).execute(),
    await counted
      .where('target', '=', target)
      .where('started_at', 'is not', null)
      .orderBy('started_at', 'desc')
      .limit(2)
      .execute(),
    await counted
      .where('started_at', '>', now - HOUR_MS)
      .limit(MANY)
      .execute(),
    await counted
      .where('started_at', '>', now - HOUR_MS)
      .where('fix', '=', fix)
      .limit(MANY)
      .execute(),
    await counted.where('fix', '=', fix).where('state', 'in', ENDED).orderBy(BEGUN_AT, 'desc').limit(MANY).execute(),
  ];
  return [...new Map(parts.flat().map((row) => [row.id, toPast(row)])).values()];
}

const BEGUN_AT = sql`coalesce(started_at, intent_at)`;

function toPast({
  id,
  incident,
  fix,
  target,
  state,
  intent_at: intentAt,
  started_at: startedAt,
}: AttemptRow): PastAttempt {
  return {
    ...{ id, incident, fix, target, state: state as AttemptState, intentAt: Number(intentAt) },
    startedAt: startedAt === null ? null : Number(startedAt),
  };
}

/** How many attempts of this fix are in flight, `self` left out. */
export async function inFlightOf(db: Db, fix: string, self: string): Promise<number> {
  const row = await db
    .selectFrom('attempts')
    .select(count)
    .where('fix', '=', fix)
    .where('id', '!=', self)
    .where('state', 'in', IN_FLIGHT)
    .executeTakeFirst();
  return Number(row?.n ?? 0);
}

function count(eb: ExpressionBuilder<Tables, 'attempts'>) {
  return eb.fn.countAll<number>().as('n');
}
