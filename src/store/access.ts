import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Role } from '../domain/role.ts';
import type { Tables } from './schema.ts';

/** Who a token stands for. Its name is the actor on record. */
export interface TokenHolder {
  readonly name: string;
  readonly role: Role;
}

export interface TokenInfo extends TokenHolder {
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

const PREFIX = 'tb_';

/** Makes a token. Its text is given once and stored as a hash only. @throws Error where the name is taken */
export async function createToken(db: Kysely<Tables>, name: string, role: Role, now: number): Promise<string> {
  const token = PREFIX + randomBytes(32).toString('base64url');
  await storeToken(db, name, role, token, now);
  return token;
}

/** Stores a given token, such as the first one from a file. @throws Error where the name is taken */
export async function storeToken(
  db: Kysely<Tables>,
  name: string,
  role: Role,
  token: string,
  now: number,
): Promise<void> {
  const taken = await db.selectFrom('tokens').select('name').where('name', '=', name).executeTakeFirst();
  if (taken !== undefined)
    throw new Error(`there is a token of the name ${name} already; revoke it first, or choose another name`);
  await db
    .insertInto('tokens')
    .values({ name, role, hash: hashToken(token), created_at: now })
    .execute();
}

export async function listTokens(db: Kysely<Tables>): Promise<TokenInfo[]> {
  const rows = await db.selectFrom('tokens').selectAll().orderBy('created_at').execute();
  return rows.map((row) => ({ name: row.name, role: row.role as Role, createdAt: row.created_at }));
}

/** @returns false where there is none of this name */
export async function revokeToken(db: Kysely<Tables>, name: string): Promise<boolean> {
  const result = await db.deleteFrom('tokens').where('name', '=', name).executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
}

/** Whether anybody has an account: from then on every request must say who it is. */
export async function hasAccounts(db: Kysely<Tables>): Promise<boolean> {
  return (await db.selectFrom('tokens').select('name').limit(1).executeTakeFirst()) !== undefined;
}

/** Looked up by its hash, so that no comparison depends on the token's text. */
export async function findToken(db: Kysely<Tables>, token: string): Promise<TokenHolder | null> {
  return findTokenByHash(db, hashToken(token));
}

export async function findTokenByHash(db: Kysely<Tables>, hash: string): Promise<TokenHolder | null> {
  const row = await db.selectFrom('tokens').select(['name', 'role']).where('hash', '=', hash).executeTakeFirst();
  return row === undefined ? null : { name: row.name, role: row.role as Role };
}

/** SHA-256 in hex: all that is kept of a token. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What the holder of a token of this name may do; null where there is none. */
export async function roleOf(db: Kysely<Tables>, name: string): Promise<Role | null> {
  const row = await db.selectFrom('tokens').select('role').where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : (row.role as Role);
}

/** The questions of whoever lets people in. */
export function accountsOf(db: Kysely<Tables>): {
  any(): Promise<boolean>;
  find(token: string): Promise<TokenHolder | null>;
  findByHash(hash: string): Promise<TokenHolder | null>;
} {
  return {
    any: () => hasAccounts(db),
    find: (token) => findToken(db, token),
    findByHash: (hash) => findTokenByHash(db, hash),
  };
}
