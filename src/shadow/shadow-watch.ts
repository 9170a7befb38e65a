import type { Config } from '../config/schema.ts';
import { laySideBySide, playRecording } from '../rehearsal/replay.ts';
import { readRecord } from '../rehearsal/read-record.ts';
import { stageOf, type Stage } from '../rehearsal/stage.ts';
import { createSource } from '../sources/registry.ts';
import type { Source } from '../sources/source.ts';
import { ledgerHead } from '../store/ledger.ts';
import type { Archive } from '../store/open-storage.ts';
import type { FromShadow } from './messages.ts';
import { findingOf } from './report.ts';

export interface ShadowWatchParts {
  readonly archive: Archive;
  readonly running: Config;
  readonly shadow: Config;
  /** Incidents that are left alone. */
  readonly skip: readonly number[];
  readonly tell: (message: FromShadow) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How many of the newest incidents are compared at the start. */
const AT_START = 200;
/** How long after something was written an incident is compared: what belongs to it comes together. */
const SETTLE_MS = 2_000;
/** Entries a look; the rest comes with the next. */
const ENTRIES = 2_000;
/** So many may wait; of more the oldest are left out, as the newest tell most of rules that are tried out. */
const WAITING = 5_000;
/** A longer story is not played again and again. */
const LONGEST = 2_000;

/**
 * Follows the record of the bridge and plays every incident that changed under the running and under the shadow rules,
 * from the same deliveries. It reads, and that is all it can do: nothing is sent, run or written.
 */
export class ShadowWatch {
  readonly #parts: ShadowWatchParts;
  readonly #running: Stage;
  readonly #shadow: Stage;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #skip: ReadonlySet<number>;
  /** When each incident is to be compared, epoch milliseconds. */
  readonly #due = new Map<number, number>();
  /** How far the ledger was read; null before the first look. */
  #read: number | null = null;

  constructor(parts: ShadowWatchParts) {
    this.#parts = parts;
    this.#running = stageOf(parts.running);
    this.#shadow = stageOf(parts.shadow);
    this.#sources = new Map(parts.running.sources.map((source) => [source.name, createSource(source)]));
    this.#skip = new Set(parts.skip);
  }

  /** How many wait to be compared now. */
  get behind(): number {
    const now = this.#parts.now();
    return [...this.#due.values()].filter((at) => at <= now).length;
  }

  /** Looks what was written since the last look. @throws Error where the store cannot be read */
  async follow(): Promise<void> {
    const { archive, now } = this.#parts;
    if (this.#read === null) {
      const { n } = await ledgerHead(archive.db);
      const query = archive.db.selectFrom('incidents').select('number').orderBy('number', 'desc').limit(AT_START);
      for (const { number } of await query.execute()) this.#plan(Number(number), now());
      this.#read = n;
      return;
    }
    const rows = await archive.db
      .selectFrom('timeline')
      .innerJoin('incidents', 'incidents.uid', 'timeline.incident')
      .select(['timeline.n', 'incidents.number'])
      .where('timeline.n', '>', this.#read)
      .orderBy('timeline.n')
      .limit(ENTRIES)
      .execute();
    for (const { number } of rows) this.#plan(Number(number), now() + SETTLE_MS);
    this.#read = Number(rows.at(-1)?.n ?? this.#read);
  }

  /** Compares the incident that has waited longest. @returns whether there was one */
  async compareNext(): Promise<boolean> {
    const number = this.#next();
    if (number === null) return false;
    this.#due.delete(number);
    const { tell } = this.#parts;
    tell({ type: 'begins', number });
    const why = await this.#compare(number).catch((error: unknown) => `it could not be played: ${String(error)}`);
    if (why !== null) tell({ type: 'skipped', number, why, behind: this.behind });
    return true;
  }

  /** @returns why it was not compared, or null */
  async #compare(number: number): Promise<string | null> {
    const { archive, now, tell } = this.#parts;
    const read = await readRecord(archive, this.#sources, number, now());
    if (!read.ok) return read.why;
    const { record, recording, timeline } = read;
    if (timeline.length > LONGEST) return `its record has more than ${LONGEST} entries`;
    const running = await playRecording(this.#running, recording);
    const shadow = await playRecording(this.#shadow, recording);
    tell({
      type: 'compared',
      finding: findingOf(record.incident, laySideBySide(running.accounts, shadow.accounts)),
      behind: this.behind,
    });
    // What either of them does next by itself may be what they differ in.
    const next = Math.min(running.next ?? Infinity, shadow.next ?? Infinity);
    if (next < Infinity) this.#plan(number, Math.max(next, now()) + SETTLE_MS);
    return null;
  }

  #plan(number: number, at: number): void {
    if (this.#skip.has(number)) return;
    this.#due.set(number, Math.min(at, this.#due.get(number) ?? Infinity));
    const [oldest] = this.#due.keys();
    if (this.#due.size > WAITING && oldest !== undefined) this.#due.delete(oldest);
  }

  #next(): number | null {
    const now = this.#parts.now();
    let first: { number: number; at: number } | null = null;
    for (const [number, at] of this.#due) if (at <= now && (first === null || at < first.at)) first = { number, at };
    return first?.number ?? null;
  }
}
