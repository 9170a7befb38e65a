import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { httpLogin } from '../config/fields.ts';
import { failure, success, type Outcome } from '../domain/result.ts';

export interface Login {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What must never be shown. */
  readonly secrets: readonly string[];
}

const NONE: Login = { headers: {}, secrets: [] };

/** The headers of a login. Files are read anew each time, so that a rotated secret is taken without a restart. */
export async function readLogin(auth: z.output<typeof httpLogin> | undefined): Promise<Outcome<Login>> {
  if (auth === undefined) return success(NONE);
  const { bearer_token, bearer_token_file, basic, header } = auth;
  if (basic !== undefined) {
    const { username, password, password_file } = basic;
    return withSecret(password, password_file, 'auth.basic.password_file', (secret) => {
      const credentials = Buffer.from(`${username}:${secret}`).toString('base64');
      return { headers: { authorization: `Basic ${credentials}` }, secrets: [secret, credentials] };
    });
  }
  if (header !== undefined) {
    const { name, value, value_file } = header;
    return withSecret(value, value_file, 'auth.header.value_file', (secret) => ({
      headers: { [name.toLowerCase()]: secret },
      secrets: [secret],
    }));
  }
  return withSecret(bearer_token, bearer_token_file, 'auth.bearer_token_file', (secret) => ({
    headers: { authorization: `Bearer ${secret}` },
    secrets: [secret],
  }));
}

async function withSecret(
  value: string | undefined,
  file: string | undefined,
  setting: string,
  use: (secret: string) => Login,
): Promise<Outcome<Login>> {
  if (value !== undefined) return success(use(value));
  const text = await readFile(file ?? '', 'utf8').catch(() => null);
  const secret = text?.trim() ?? '';
  if (secret !== '') return success(use(secret));
  const why = text === null ? 'cannot be read: check its path and permissions' : 'is empty';
  return failure('misconfigured', `the file of ${setting} ${why}`);
}
