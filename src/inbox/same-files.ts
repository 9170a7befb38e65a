import { statSync } from 'node:fs';

/**
 * Whether files still lie where they were. A file that is deleted, moved or replaced while it is open can be written to as
 * before, but the next start finds nothing of it.
 */
export class SameFiles {
  readonly #paths: readonly string[];
  /** Each by device and number, from when it was first seen: a database makes its log when it needs one. */
  readonly #seen = new Map<string, string>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.strayed();
  }

  /** The first that is gone or another one, null while all are there. @throws Error where the folder cannot be looked into */
  strayed(): string | null {
    return this.#paths.find((path) => !this.#isSame(path)) ?? null;
  }

  #isSame(path: string): boolean {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    const now = found === undefined ? null : `${found.dev} ${found.ino}`;
    const before = this.#seen.get(path);
    if (before !== undefined) return before === now;
    if (now !== null) this.#seen.set(path, now);
    return true;
  }
}
