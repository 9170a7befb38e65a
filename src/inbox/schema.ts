import type Database from 'better-sqlite3';

/** In `user_version`; raise it with every change of the tables and add the step that leads there. */
const VERSION = 1;

/**
 * `kind` stands before `body`, so that looking over refused rows never touches their pages of text.
 * `id` has no index: UUIDs need no check, an index costs a tenth of the speed, and who looks one up has its time in it.
 * `reason` is empty where accepted. `probe` exists to be written by the health check.
 */
const TABLES = `
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

/** Makes the tables in a new file. @throws Error where the file was written by a newer Tierbell */
export function prepareSchema(db: Database.Database, path: string): void {
  const found = db.pragma('user_version', { simple: true }) as number;
  if (found > VERSION)
    throw new Error(
      `${path} was written by a newer Tierbell (format ${found}, this one knows ${VERSION}); start that one`,
    );
  if (found === VERSION) return;
  db.transaction(() => {
    db.exec(TABLES);
    db.pragma(`user_version = ${VERSION}`);
  }).exclusive();
}
