import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/**
 * How long a sync may wait for one of the few threads that all file work of the process shares: files on a server that
 * is away hold them all. Longer than the sync itself takes on a disk that is well.
 */
const PATIENCE_MS = 1_000;

/** Brings to the disk what was committed. */
export interface Sync {
  /** `done` hears when all that was committed before is on the disk, or why it may not be. One at a time. */
  start(done: (error: Error | null) => void): void;
  /** The same, waited for. @throws Error where it may not be on the disk */
  now(): void;
  close(): void;
}

/** Waits for it. @returns why what was committed may not be on the disk; null where it is */
export function syncNow(sync: Pick<Sync, 'now'>): Error | null {
  try {
    sync.now();
    return null;
  } catch (error) {
    return error as Error;
  }
}

/**
 * Brings to the disk what SQLite has committed to its log, as `synchronous = FULL` does at each commit, but without
 * keeping the thread: meanwhile it takes what comes next (https://www.sqlite.org/pragma.html#pragma_synchronous: FULL
 * adds this one sync to NORMAL). The log stays the same file for as long as the database is open.
 */
export class WalSync implements Sync {
  readonly #path: string;
  #file: number | null = null;
  /** Syncs that have not come back: one that was not waited for any longer may be among them. */
  #running = 0;
  #closed = false;

  /** @param database the path of the database; its log exists after the first commit */
  constructor(database: string) {
    this.#path = `${database}-wal`;
  }

  start(done: (error: Error | null) => void): void {
    let file: number;
    try {
      file = this.#open();
    } catch (error) {
      return done(error as Error); // thrown, it would reach nobody, and whoever waits would wait for ever
    }
    this.#running += 1;
    let told = false;
    const tell = (error: Error | null): void => {
      if (!told) done(error);
      told = true;
    };
    const late = setTimeout(() => tell(syncNow(this)), PATIENCE_MS);
    fdatasync(file, (error) => {
      clearTimeout(late);
      this.#running -= 1;
      if (this.#closed && this.#running === 0) this.#release();
      tell(error);
    });
  }

  now(): void {
    fdatasyncSync(this.#open());
  }

  close(): void {
    this.#closed = true;
    if (this.#running === 0) this.#release();
  }

  #open(): number {
    this.#file ??= openSync(this.#path, 'r+');
    return this.#file;
  }

  #release(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
