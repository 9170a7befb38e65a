import type { Kysely, Transaction } from 'kysely';
import { proposedAttempt, type Incident } from '../domain/incident.ts';
import type { JobPayloads } from '../domain/job.ts';
import type { Tables } from './schema.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** How the first message was worded, so that it can be worded anew with the present state. */
export type FirstMessage = Pick<JobPayloads['notify'], 'recipient' | 'purpose' | 'level' | 'why'>;

export interface Thread {
  /** As the channel gave it; see `ThreadRef`. */
  readonly ref: Readonly<Record<string, string>>;
  readonly first: FirstMessage;
}

type Db = Kysely<Tables> | Transaction<Tables>;

/** Where the first message of an incident lies on a channel, or null while none was sent. */
export async function findThread(db: Db, incident: string, channel: string): Promise<Thread | null> {
  const row = await db
    .selectFrom('threads')
    .select(['ref', 'first'])
    .where('incident', '=', incident)
    .where('channel', '=', channel)
    .executeTakeFirst();
  return row === undefined
    ? null
    : { ref: JSON.parse(row.ref) as Thread['ref'], first: JSON.parse(row.first) as FirstMessage };
}

/** Keeps what a channel gave; a newer reference takes the place of an older one, whose message is gone. */
export async function keepThread(
  { tx, now }: UnitOfWork,
  incident: string,
  channel: string,
  thread: Thread,
): Promise<void> {
  const said = { ref: JSON.stringify(thread.ref), first: JSON.stringify(thread.first) };
  await tx
    .insertInto('threads')
    .values({ incident, channel, ...said, created_at: now })
    .onConflict((c) => c.columns(['incident', 'channel']).doUpdateSet(said))
    .execute();
}

/** What of an incident a first message shows in place; when it changes, the message is brought up to date. */
export function faceOf(incident: Incident): string {
  const { status, level, priority, acknowledgedBy, resolvedBy, classification, team } = incident;
  const proposed = proposedAttempt(incident)?.id ?? '';
  const { category } = classification;
  return [status, level, priority, acknowledgedBy ?? '', resolvedBy ?? '', category, team, proposed].join('\n');
}

/** Brings first messages up to date: queued in the transaction that changes what they show. */
export async function queueRefreshes(unit: UnitOfWork): Promise<void> {
  const uids = changedFaces(unit);
  if (uids.length === 0) return;
  for (let start = 0; start < uids.length; start += 200) {
    const rows = await unit.tx
      .selectFrom('threads')
      .select(['incident', 'channel'])
      .where('incident', 'in', uids.slice(start, start + 200))
      .execute();
    for (const row of rows) queueRefresh(unit, row.incident, row.channel);
  }
}

/** One a channel at most: what is still to be done is done with the newest state. */
export function queueRefresh(unit: UnitOfWork, incident: string, channel: string): void {
  const key = `${incident}:refresh:${channel}`;
  unit.queue(incident, { kind: 'refresh', key, dueAt: unit.now, payload: { channel } });
}

function changedFaces(unit: UnitOfWork): string[] {
  const changed = new Set<string>();
  for (const { before, after } of unit.committed)
    if (before !== null && faceOf(before) !== faceOf(after)) changed.add(after.uid);
  return [...changed];
}
