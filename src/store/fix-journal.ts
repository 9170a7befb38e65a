import type { ExpressionBuilder, Kysely, Transaction } from 'kysely';
import type { AttemptState } from '../domain/incident.ts';
import type { FixPlan } from '../fixes/fix.ts';
import type { GuardHistory } from '../fixes/guards.ts';
import { readFrozen } from './fix-controls.ts';
import type { AttemptRow, Tables } from './schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

const HOUR_MS = 3_600_000;
const IN_FLIGHT: readonly AttemptState[] = ['intent', 'started', 'succeeded'];
/** From intent on; what was only looked at counts nowhere. */
const COUNTED: readonly AttemptState[] = [
  'intent',
  'started',
  'succeeded',
  'failed',
  'unknown',
  'verified',
  'unverified',
];
const WENT_WRONG: ReadonlySet<string> = new Set(['failed', 'unknown', 'unverified']);
const ENDED: readonly AttemptState[] = ['failed', 'unknown', 'unverified', 'verified'];

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

/** Writes an attempt's first state. The table allows one for each incident and fix. */
export async function insertAttempt(
  db: Db,
  attempt: { id: string; incident: string; state: AttemptState; fence: number; at: number; plan: FixPlan },
): Promise<void> {
  const { id, incident, state, fence, at, plan } = attempt;
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
  more: { fence?: number; started_at?: number; finished_at?: number } = {},
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
  plan: FixPlan,
  incident: string,
  self: { id: string; intentAt: number } | null,
  now: number,
): Promise<Omit<GuardHistory, 'firing'>> {
  const others = db.selectFrom('attempts').where('id', '!=', self?.id ?? '');
  const same = await others
    .select(count)
    .where('incident', '=', incident)
    .where('fix', '=', plan.fix)
    .where('state', 'in', COUNTED)
    .executeTakeFirst();
  const last = await others
    .select((eb) => eb.fn.max('started_at').as('at'))
    .where('target', '=', plan.target)
    .executeTakeFirst();
  const ofFix = await others
    .select(count)
    .where('fix', '=', plan.fix)
    .where('started_at', '>', now - HOUR_MS)
    .executeTakeFirst();
  const inAll = await others
    .select(count)
    .where('started_at', '>', now - HOUR_MS)
    .executeTakeFirst();
  const lock = await others
    .select('id')
    .where('target', '=', plan.target)
    .where('state', 'in', IN_FLIGHT)
    .executeTakeFirst();
  const ended = await others
    .select('state')
    .where('fix', '=', plan.fix)
    .where('state', 'in', ENDED)
    .orderBy('started_at', 'desc')
    .limit(10)
    .execute();
  const good = ended.findIndex(({ state }) => !WENT_WRONG.has(state));
  return {
    frozen: await readFrozen(db),
    attemptsOfIncidentAndFix: Number(same?.n ?? 0),
    lastOnTargetAt: last?.at == null ? null : Number(last.at),
    startedLastHourOfFix: Number(ofFix?.n ?? 0),
    startedLastHourInAll: Number(inAll?.n ?? 0),
    lockHeldBy: lock?.id ?? null,
    consecutiveFailuresOfFix: good < 0 ? ended.length : good,
    intentAgeMs: self === null ? 0 : now - self.intentAt,
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
