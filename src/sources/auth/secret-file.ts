import { readFileSync, statSync } from 'node:fs';
import { digest, type AuthContext } from './method.ts';

/** How often a file is looked at; a stat takes microseconds. */
const LOOK_EVERY_MS = 2_000;
/** After a wrong secret it looks again at once, so that a rotation loses no alert, but no oftener than this. */
const LOOK_AGAIN_MS = 100;

/** The secrets of one method: those that stand in the configuration, and those in files, which are re-read. */
export interface Secrets {
  /** The present ones; null for a file that holds none. */
  values(): readonly (Buffer | null)[];
  /** SHA-256 of each. */
  digests(): readonly (Buffer | null)[];
  /** Asks with the present secrets, and where that fails once more with what the files hold by then. */
  try<T>(ask: () => T, failed: (answer: T) => boolean): T;
}

/**
 * Files are re-read when they change; through one that cannot be read, or is empty, nobody gets in, and the operator is
 * told once.
 */
export function createSecrets(fixed: readonly string[], paths: readonly string[], context: AuthContext): Secrets {
  const given = fixed.map((text) => Buffer.from(text));
  const givenDigests = given.map(digest);
  const files = paths.map((path) => new SecretFile(path, context));
  let lookedAt = context.now();
  const look = (atLeastMs: number): boolean => {
    if (files.length === 0) return false;
    const now = context.now();
    // A clock that went backward must not stop the looking.
    if (Math.abs(now - lookedAt) < atLeastMs) return false;
    lookedAt = now;
    for (const file of files) file.refresh();
    return true;
  };
  return {
    values: () => [...given, ...files.map((file) => file.value)],
    digests: () => (files.length === 0 ? givenDigests : [...givenDigests, ...files.map((file) => file.digest)]),
    try(ask, failed) {
      look(LOOK_EVERY_MS);
      const answer = ask();
      return failed(answer) && look(LOOK_AGAIN_MS) ? ask() : answer;
    },
  };
}

class SecretFile {
  value: Buffer | null = null;
  digest: Buffer | null = null;
  readonly #path: string;
  readonly #context: AuthContext;
  #version = '';

  constructor(path: string, context: AuthContext) {
    this.#path = path;
    this.#context = context;
    this.refresh();
  }

  refresh(): void {
    try {
      const { ino, size, mtimeMs, ctimeMs } = statSync(this.#path);
      const version = `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
      if (version === this.#version) return;
      const text = readFileSync(this.#path, 'utf8').trim();
      this.#keep(text);
      if (text === '') this.#warn('is empty', version);
      this.#version = version;
    } catch (error) {
      this.#keep('');
      this.#warn(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, 'unreadable');
    }
  }

  #keep(text: string): void {
    this.value = text === '' ? null : Buffer.from(text);
    this.digest = text === '' ? null : digest(text);
  }

  #warn(what: string, version: string): void {
    if (version !== this.#version)
      this.#context.warn(
        `source ${this.#context.source}: the secret file ${this.#path} ${what}; nobody gets in by it until it holds a secret`,
      );
    this.#version = version;
  }
}
