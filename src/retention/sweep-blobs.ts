import type { Kysely } from 'kysely';
import { setTimeout as pause } from 'node:timers/promises';
import type { SweepableBlobs } from '../store/blobs.ts';
import type { Tables } from '../store/schema.ts';

export interface BlobSweepParts {
  readonly db: Kysely<Tables>;
  readonly blobs: SweepableBlobs;
}

/** Incidents at once, with a pause in between: whoever asks for something waits for one page at most. */
const PAGE = 100;
const PAUSE_MS = 10;

/**
 * Removes raw logs and bundles of incidents that were closed before `before` and not touched since. Their names, which are
 * their SHA-256, stay in the timeline and among the bundles. One that any other incident names as well stays.
 * @param before epoch milliseconds
 * @returns how many were removed
 */
export async function sweepBlobs({ db, blobs }: BlobSweepParts, before: number, signal?: AbortSignal): Promise<number> {
  const present = new Set(await blobs.names());
  if (present.size === 0) return 0;
  const past = new Set<string>();
  for await (const { uids, names, longer, isPast } of pagesOf(db, before)) {
    const bundles = uids.length === 0 ? [] : await bundlesOf(db, uids);
    const older = longer.length === 0 ? [] : await olderLogsOf(db, longer);
    for (const name of [...names, ...bundles, ...older]) {
      if (!isPast)
        present.delete(name); // needed
      else if (present.has(name)) past.add(name);
    }
    if (signal?.aborted === true) return 0;
    await pause(PAUSE_MS);
  }
  let removed = 0;
  for (const name of past) {
    if (!present.has(name)) continue;
    await blobs.remove(name);
    removed += 1;
  }
  return removed;
}

interface Page {
  readonly uids: readonly string[];
  /** The raw logs that they name. */
  readonly names: readonly string[];
  /** Those whose timeline names more of them. */
  readonly longer: readonly string[];
  readonly isPast: boolean;
}

/** All incidents, those that are past apart from the others. */
async function* pagesOf(db: Kysely<Tables>, before: number): AsyncGenerator<Page> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('incidents')
      .select(['uid', 'number', 'status', 'updated_at', 'state'])
      .where('number', '>', after)
      .orderBy('number')
      .limit(PAGE)
      .execute();
    for (const isPast of [true, false]) {
      const some = rows.filter(({ status, updated_at: at }) => (status === 'closed' && at < before) === isPast);
      const longer = some.filter(({ state }) => LEFT_OUT.test(state)).map(({ uid }) => uid);
      const names = some.flatMap(({ state }) => rawLogsIn(state));
      yield { uids: some.map(({ uid }) => uid), names, longer, isPast };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.number;
  }
}

/**
 * Found in the text: reading all of it would take a hundred times as long. What stands in an alert's text is quoted
 * there, and a label of this name could only keep something.
 */
function rawLogsIn(state: string): string[] {
  return [...state.matchAll(/"rawBlob":"([0-9a-f]{64})"/g)].map(([, name = '']) => name);
}

/** `incidents/evidence-list.ts` */
const LEFT_OUT = /"evidenceLeftOut":[1-9]/;

async function olderLogsOf(db: Kysely<Tables>, uids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('timeline')
    .select('entry')
    .where('incident', 'in', [...uids])
    .where('type', '=', 'evidence_collected')
    .execute();
  return rows.flatMap(({ entry }) => rawLogsIn(entry));
}

async function bundlesOf(db: Kysely<Tables>, uids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('bundles')
    .select('sha256')
    .where('incident', 'in', [...uids])
    .execute();
  return rows.map(({ sha256 }) => sha256);
}
