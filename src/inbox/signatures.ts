import type Database from 'better-sqlite3';
import type { Receipt } from './inbox.ts';

/**
 * How long a signature is remembered. One is taken from 5 min after its time to 5 min before, so 10 min would do; the rest
 * is for a clock that is put back.
 */
export const SIGNATURE_KEPT_MS = 3_600_000;

/** The signatures that have had their effect. Called inside the inbox's transaction, by its owner alone. */
export interface Signatures {
  /** What was answered when this signature first came, or null. */
  find(source: string, signature: string): Receipt | null;
  /** Keeps one, and forgets the old. */
  keep(source: string, signature: string, receipt: Receipt, receivedAt: number): void;
}

export function openSignatures(db: Database.Database): Signatures {
  const find = db.prepare<[string, string], { id: string; seq: number }>(
    'SELECT delivery AS id, seq FROM signatures WHERE source = ? AND signature = ?',
  );
  const insert = db.prepare<[string, string, string, number, number]>(
    'INSERT INTO signatures (source, signature, delivery, seq, at) VALUES (?, ?, ?, ?, ?)',
  );
  const forget = db.prepare<[number]>('DELETE FROM signatures WHERE at < ?');
  return {
    find: (source, signature) => find.get(source, signature) ?? null,
    keep(source, signature, { id, seq }, receivedAt) {
      insert.run(source, signature, id, seq, receivedAt);
      forget.run(receivedAt - SIGNATURE_KEPT_MS);
    },
  };
}
