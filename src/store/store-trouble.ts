/**
 * SQLite's result codes that speak of the disk, the memory or another connection, not of what was written: the same may
 * work later. `SQLITE_CONSTRAINT`, `SQLITE_TOOBIG` and the like are not among them: they come again for ever.
 */
const PASSING = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|READONLY|CANTOPEN|PROTOCOL|INTERRUPT|SCHEMA)(_|$)/;

/** Whether an error is the store's trouble, to be waited out, rather than that of the work at hand. */
export function isStoreTrouble(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && PASSING.test(code);
}
