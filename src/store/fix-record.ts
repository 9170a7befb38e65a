import type { Kysely } from 'kysely';
import { LIMITS } from '../fixes/guards.ts';
import { lastReset } from './fix-controls.ts';
import { guardHistory } from './fix-journal.ts';
import type { Tables } from './schema.ts';

/** What became of a known fix lately. Moments are epoch milliseconds. */
export interface FixRecord {
  readonly breaker: {
    /** Open: it rests until a person resets it. */
    readonly open: boolean;
    /** Failed, unknown or unverified in a row. */
    readonly failures: number;
    /** 0 for never. */
    readonly resetAt: number;
  };
  /** The newest first. */
  readonly attempts: readonly {
    readonly id: string;
    /** The number of its incident. */
    readonly number: number;
    /** That owns the incident. */
    readonly team: string;
    readonly target: string;
    readonly state: string;
    readonly mode: string;
    readonly at: number;
    readonly startedAt: number | null;
    readonly finishedAt: number | null;
  }[];
}

/** Reads the breaker and the newest attempts of a fix. */
export async function readFixRecord(db: Kysely<Tables>, fix: string, limit: number): Promise<FixRecord> {
  const history = await guardHistory(db, { fix, target: '' }, '', null, 0);
  const failures = history.consecutiveFailuresOfFix;
  const rows = await db
    .selectFrom('attempts as a')
    .innerJoin('incidents as i', 'i.uid', 'a.incident')
    .select([
      'a.id',
      'i.number',
      'i.team',
      'a.target',
      'a.state',
      'a.mode',
      'a.intent_at',
      'a.started_at',
      'a.finished_at',
    ])
    .where('a.fix', '=', fix)
    .orderBy('a.intent_at', 'desc')
    .limit(limit)
    .execute();
  return {
    breaker: { open: failures >= LIMITS.failuresInARow, failures, resetAt: await lastReset(db, fix) },
    attempts: rows.map(({ id, number, team, target, state, mode, intent_at, started_at, finished_at }) => ({
      ...{ id, number: Number(number), team, target, state, mode, at: Number(intent_at) },
      startedAt: started_at === null ? null : Number(started_at),
      finishedAt: finished_at === null ? null : Number(finished_at),
    })),
  };
}
