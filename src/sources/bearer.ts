import { hash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { RequestHeaders, SourceContext } from './source.ts';

/** How often the files are looked at; a stat takes microseconds. */
const LOOK_EVERY_MS = 2_000;
/** After a wrong token it looks again at once, so that a rotation loses no alert, but no oftener than this. */
const LOOK_AGAIN_MS = 100;

export interface BearerSettings {
  readonly bearer_token?: string | undefined;
  readonly bearer_token_files?: readonly string[] | undefined;
}

/**
 * Checks `Authorization: Bearer …` in constant time. Files are re-read when they change; through one that cannot be
 * read, or is empty, nobody gets in, and the operator is told once.
 */
export function createBearerCheck(
  source: string,
  settings: BearerSettings,
  context: SourceContext,
): (headers: RequestHeaders) => boolean {
  const fixed = settings.bearer_token === undefined ? [] : [digest(settings.bearer_token)];
  const files = (settings.bearer_token_files ?? []).map((path) => new TokenFile(source, path, context));
  let lookedAt = context.now();
  const look = (atLeastMs: number): boolean => {
    const now = context.now();
    // A clock that went backward must not stop the looking.
    if (files.length === 0 || Math.abs(now - lookedAt) < atLeastMs) return false;
    lookedAt = now;
    for (const file of files) file.refresh();
    return true;
  };
  const known = (presented: Buffer): boolean => {
    let found = false;
    for (const secret of fixed) if (timingSafeEqual(secret, presented)) found = true;
    for (const { secret } of files) if (secret !== null && timingSafeEqual(secret, presented)) found = true;
    return found;
  };
  return (headers) => {
    const token = bearerToken(headers['authorization']);
    if (token === null) return false;
    look(LOOK_EVERY_MS);
    const presented = digest(token);
    return known(presented) || (look(LOOK_AGAIN_MS) && known(presented));
  };
}

/** Digests have one length, so comparing them tells nothing of the secret's. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

function bearerToken(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string' || header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  const token = header.slice(7).trim();
  return token === '' ? null : token;
}

class TokenFile {
  secret: Buffer | null = null;
  readonly #source: string;
  readonly #path: string;
  readonly #context: SourceContext;
  #version = '';

  constructor(source: string, path: string, context: SourceContext) {
    this.#source = source;
    this.#path = path;
    this.#context = context;
    this.refresh();
  }

  refresh(): void {
    try {
      const { ino, size, mtimeMs, ctimeMs } = statSync(this.#path);
      const version = `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
      if (version === this.#version) return;
      const token = readFileSync(this.#path, 'utf8').trim();
      this.secret = token === '' ? null : digest(token);
      if (token === '') this.#warn('is empty', version);
      this.#version = version;
    } catch (error) {
      this.secret = null;
      this.#warn(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, 'unreadable');
    }
  }

  #warn(what: string, version: string): void {
    if (version !== this.#version)
      this.#context.warn(
        `source ${this.#source}: the token file ${this.#path} ${what}; nobody gets in by it until it holds a token`,
      );
    this.#version = version;
  }
}
