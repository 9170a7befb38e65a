import type Database from 'better-sqlite3';

/** In `user_version`; raise it with every change of the tables and add the step that leads there. */
const VERSION = 2;

/**
 * `kind` stands before `body`, so that looking over refused rows never touches their pages of text.
 * `id` has no index: UUIDs need no check, an index costs a tenth of the speed, and who looks one up has its time in it.
 * `reason` is empty where accepted. `probe` exists to be written by the health check.
 */
const FIRST = `
  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('accepted', 'refused')),
    reason TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_refused ON deliveries (seq) WHERE kind = 'refused';
  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
`;

/**
 * Signatures that must have their effect only once, with the delivery that they brought; `at` is when it was received.
 * The newest are looked up by their key, the oldest go by `at`.
 */
const SIGNATURES = `
  CREATE TABLE signatures (
    source TEXT NOT NULL,
    signature TEXT NOT NULL,
    delivery TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, signature)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signatures_by_age ON signatures (at);
`;

/** In order: the step at index n leads from version n to n + 1. */
const STEPS = [FIRST, SIGNATURES];

/** Brings the tables of a file up to date, which may be new. @throws Error where the file was written by a newer Tierbell */
export function prepareSchema(db: Database.Database, path: string): void {
  const found = db.pragma('user_version', { simple: true }) as number;
  if (found > VERSION)
    throw new Error(
      `${path} was written by a newer Tierbell (format ${found}, this one knows ${VERSION}); start that one`,
    );
  if (found === VERSION) return;
  db.transaction(() => {
    for (const step of STEPS.slice(found)) db.exec(step);
    db.pragma(`user_version = ${VERSION}`);
  }).exclusive();
}
