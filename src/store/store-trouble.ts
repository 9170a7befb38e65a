/**
 * SQLite's result codes that speak of the disk, the memory or another connection, not of what was written: the same may
 * work later. `SQLITE_CONSTRAINT`, `SQLITE_TOOBIG` and the like are not among them: they come again for ever.
 */
const PASSING = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|READONLY|CANTOPEN|PROTOCOL|INTERRUPT|SCHEMA)(_|$)/;

/**
 * PostgreSQL's classes of the same: 08 connection, 53 resources, 57 an operator or a shutdown, 58 the system, a deadlock
 * (40P01), a lock that did not come (55P03), time-outs in between (25P03, 25P04), a server that only reads (25006).
 */
const PASSING_STATE = /^((08|53|57|58)[0-9A-Z]{3}|40001|40P01|55P03|25P03|25P04|25006)$/;

/** Whether an error is the store's trouble, to be waited out, rather than that of the work at hand. */
export function isStoreTrouble(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (PASSING.test(code) || PASSING_STATE.test(code));
}
