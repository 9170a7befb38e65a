import { hash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { GENESIS, type WireEntry } from '../incidents/timeline.ts';
import { statesThatDiffer, type TimelineEnd } from './audit-states.ts';
import { CONTROLS, controlsThatDiffer } from './fix-controls.ts';
import type { Tables } from './schema.ts';

/**
 * The ledger: every committed entry of every timeline, numbered without a gap and chained. Each incident's own chain
 * shows an edited entry; the ledger shows what no single chain can: a cut tail, and an incident that was dropped whole.
 */
export interface LedgerHead {
  /** The newest number; 0 for an empty ledger. */
  readonly n: number;
  /** SHA-256 in hex of the chain value before it, a line feed, and the entry's own hash; 64 zeros before the first. */
  readonly chain: string;
}

export interface Stamp {
  readonly n: number;
  readonly chain: string;
}

/** A ledger's next value. */
export function chainOn(previous: string, entryHash: string): string {
  return hash('sha256', `${previous}\n${entryHash}`);
}

/** The newest stamp. */
export async function ledgerHead(db: Kysely<Tables> | Transaction<Tables>): Promise<LedgerHead> {
  const row = await db
    .selectFrom('timeline')
    .select(['n', 'chain'])
    .where('n', 'is not', null)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { n: row?.n ?? 0, chain: row?.chain ?? GENESIS };
}

/** Stamps for entries in the order of their commit. */
export function stamp(head: LedgerHead, entries: readonly WireEntry[]): Stamp[] {
  let { n, chain } = head;
  return entries.map(({ hash }) => {
    n += 1;
    chain = chainOn(chain, hash);
    return { n, chain };
  });
}

/** An entry as the stream tells it; `number` is null for one that is of no incident. */
export interface StampedEntry extends WireEntry {
  readonly n: number;
  readonly number: number | null;
}

/** Entries after `n`, oldest first. */
export async function entriesAfter(db: Kysely<Tables>, n: number, limit: number): Promise<StampedEntry[]> {
  const rows = await db
    .selectFrom('timeline')
    .leftJoin('incidents', 'incidents.uid', 'timeline.incident')
    .select(['timeline.n', 'timeline.entry', 'incidents.number'])
    .where('timeline.n', '>', n)
    .orderBy('timeline.n')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...(JSON.parse(row.entry) as WireEntry), n: row.n ?? 0, number: row.number }));
}

/** How many rows are read at once while auditing. */
const PAGE = 2_000;

/** What an audit found: problems in sentences (none: the record holds), and what was looked at. */
export interface Audit {
  readonly problems: readonly string[];
  readonly entries: number;
  readonly incidents: number;
  readonly head: LedgerHead;
}

/**
 * Checks both chains and the stored state of every incident against them, all as of one moment: the bridge may write on
 * meanwhile.
 * @param verifyEntry what is wrong with an entry after `previous`, or null
 * @param anchor a chain value that was noted elsewhere earlier: it must still be there
 */
export async function auditLedger(db: Kysely<Tables>, verifyEntry: VerifyEntry, anchor: string | null): Promise<Audit> {
  const moment = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return moment.execute((tx) => auditMoment(tx, verifyEntry, anchor));
}

async function auditMoment(db: Transaction<Tables>, verifyEntry: VerifyEntry, anchor: string | null): Promise<Audit> {
  const problems: string[] = [];
  const ends = new Map<string, TimelineEnd>();
  const controls: WireEntry[] = [];
  let head: LedgerHead = { n: 0, chain: GENESIS };
  let anchored = anchor === null;
  for (;;) {
    const rows = await db.selectFrom('timeline').selectAll().where('n', '>', head.n).orderBy('n').limit(PAGE).execute();
    for (const row of rows) {
      const entry = readEntry(row.entry);
      const before = ends.get(row.incident) ?? { seq: 0, hash: GENESIS, broken: false };
      if (row.n !== head.n + 1) problems.push(missing(head.n, row.n ?? 0));
      const faults = faultsOf(row, entry, before, verifyEntry);
      problems.push(...faults.map((fault) => `${chainName(row.incident)}: ${fault}`));
      const chain = chainOn(head.chain, entry?.hash ?? '');
      if (row.chain !== chain && row.n === head.n + 1) problems.push(`ledger: the chain breaks at number ${row.n}`);
      if (row.incident === CONTROLS && entry !== null) controls.push(entry);
      ends.set(row.incident, { seq: row.seq, hash: entry?.hash ?? '', broken: before.broken || faults.length > 0 });
      head = { n: row.n ?? head.n, chain: row.chain ?? chain };
      anchored ||= head.chain === anchor;
    }
    if (rows.length < PAGE) break;
  }
  if (!anchored) problems.push('the anchor is not in the ledger: its tail was cut, or it was written anew');
  ends.delete(CONTROLS);
  problems.push(
    ...(await unstamped(db)),
    ...(await statesThatDiffer(db, ends)),
    ...(await controlsThatDiffer(db, controls)),
  );
  return { problems, entries: head.n, incidents: ends.size, head };
}

type VerifyEntry = (previous: string, entry: WireEntry) => string | null;

/** Null for what is no JSON: somebody wrote into it. */
function readEntry(text: string): WireEntry | null {
  try {
    return JSON.parse(text) as WireEntry;
  } catch {
    return null;
  }
}

/** What is wrong with an entry in its chain, and with the columns that it is found by. */
function faultsOf(
  { seq, type, at }: Pick<Tables['timeline'], 'seq' | 'type' | 'at'>,
  entry: WireEntry | null,
  before: TimelineEnd,
  verifyEntry: VerifyEntry,
): string[] {
  const gap = seq === before.seq + 1 ? [] : [`entry ${before.seq + 1} is missing`];
  if (entry === null) return [...gap, `entry ${seq} was edited`];
  const wrong = verifyEntry(before.hash, entry);
  if (wrong !== null) return [...gap, `entry ${seq} ${wrong}`];
  const filedElsewhere = entry.seq !== seq || entry.type !== type || Date.parse(entry.at) !== Number(at);
  return filedElsewhere ? [...gap, `entry ${seq} was edited`] : gap;
}

/** Whose chain it is, in words. */
function chainName(incident: string): string {
  return incident === CONTROLS ? 'known fixes' : `incident ${incident}`;
}

function missing(after: number, next: number): string {
  const last = next - 1;
  const which = last === after + 1 ? `number ${last} is` : `numbers ${after + 1} to ${last} are`;
  return `ledger: ${which} missing; entries or whole incidents were dropped`;
}

async function unstamped(db: Kysely<Tables>): Promise<string[]> {
  const row = await db
    .selectFrom('timeline')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('n', 'is', null)
    .executeTakeFirst();
  const count = row?.count ?? 0;
  return count === 0 ? [] : [`${count} entries are not in the ledger`];
}
