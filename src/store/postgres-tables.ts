import { sql, type Kysely } from 'kysely';
import { runSteps } from './migrations.ts';
import type { Tables } from './schema.ts';

/**
 * What is kept in tables on PostgreSQL and in files beside the store on SQLite: raw deliveries with the signatures that
 * count once (`src/inbox/`), and large things in chunks (`postgres-blobs.ts`). Bodies are bytes, and are not compressed
 * a second time: that would cost more than the room.
 */

/** In order; a step that was released never changes. */
const STEPS = [firstTables];

/** Brings these tables up to date. @throws Error where the store is of a newer Tierbell */
export async function migratePostgres(db: Kysely<Tables>): Promise<void> {
  await runSteps(db, 'schema_postgres', STEPS);
}

async function firstTables(db: Kysely<Tables>): Promise<void> {
  await sql`
    create table deliveries (
      seq bigserial primary key,
      id text not null,
      source text not null,
      received_at bigint not null,
      kind text not null check (kind in ('accepted', 'refused')),
      reason text not null,
      body bytea not null
    )`.execute(db);
  await sql`alter table deliveries alter column body set storage external`.execute(db);
  await sql`create index deliveries_refused on deliveries (seq) where kind = 'refused'`.execute(db);
  await sql`
    create table signatures (
      source text not null,
      signature text not null,
      delivery text not null,
      seq bigint not null,
      at bigint not null,
      primary key (source, signature)
    )`.execute(db);
  await sql`create index signatures_by_age on signatures (at)`.execute(db);
  await sql`create table probe (id integer primary key check (id = 1), at bigint not null)`.execute(db);
  await sql`
    create table blobs (sha256 text not null, n integer not null, bytes bytea not null, primary key (sha256, n))
  `.execute(db);
  await sql`alter table blobs alter column bytes set storage external`.execute(db);
}
