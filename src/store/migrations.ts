import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import { nextDeadline, type Incident } from '../domain/incident.ts';
import { chainFixControls } from './chain-fix-controls.ts';
import type { Tables } from './schema.ts';
import { writeLikenesses } from './surroundings.ts';
import { readMeta, writeMeta } from './meta.ts';

/** The dialect's words where SQLite and PostgreSQL differ. */
export interface Words {
  readonly identity: 'integer' | 'bigserial';
}

type Step<W> = (db: Kysely<Tables>, words: W) => Promise<void>;

/** In order; a step that was released never changes. */
const STEPS: readonly Step<Words>[] = [
  firstTables,
  accessTables,
  threadTable,
  ledgerColumns,
  expiryIndex,
  listColumns,
  jobChannel,
  jobHolder,
  correctionTable,
  likenessTable,
  fixControlTable,
  changeTable,
  chainFixControls,
  templateTable,
  gaugeIndex,
  searchIndex,
];

/** How many steps there are: the schema that this Tierbell knows. */
export const SCHEMA_VERSION = STEPS.length;

/** Brings the tables up to date. @throws Error where the store is of a newer Tierbell */
export async function migrate(db: Kysely<Tables>, words: Words): Promise<void> {
  await db.schema
    .createTable('meta')
    .ifNotExists()
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
  await runSteps(db, 'schema', STEPS, words);
}

/** Takes the steps that are still to be taken; `name` is where in `meta` it stands how many were. */
export async function runSteps<W = undefined>(
  db: Kysely<Tables>,
  name: string,
  steps: readonly Step<W>[],
  words?: W,
): Promise<void> {
  const present = Number((await readMeta(db, name)) ?? 0);
  if (present > steps.length)
    throw new Error(
      `the store is of a newer Tierbell (${name} ${present}, this one knows ${steps.length}): start that one`,
    );
  for (const [index, step] of steps.entries()) {
    if (index < present) continue;
    await db.transaction().execute(async (tx) => {
      if (Number((await readMeta(tx, name)) ?? 0) > index) return; // another process was at it too
      await step(tx, words as W);
      await writeMeta(tx, name, String(index + 1));
    });
  }
}

async function firstTables(db: Kysely<Tables>, words: Words): Promise<void> {
  const make = (table: keyof Tables): CreateTableBuilder<string, string> => db.schema.createTable(table);
  const identity = sql.raw(words.identity);
  const text = [
    'status',
    'level',
    'category',
    'severity',
    'priority',
    'team',
    'service',
    'environment',
    'source',
    'title',
    'grouping_key',
    'state',
  ] as const;
  let incidents = make('incidents')
    .addColumn('uid', 'text', (c) => c.primaryKey())
    .addColumn('number', 'bigint', (c) => c.notNull().unique());
  for (const column of text) incidents = incidents.addColumn(column, 'text', (c) => c.notNull());
  for (const column of ['attach_until', 'firing', 'created_at', 'updated_at'] as const)
    incidents = incidents.addColumn(column, 'bigint', (c) => c.notNull());
  await incidents.addColumn('acknowledged_at', 'bigint').addColumn('resolved_at', 'bigint').execute();
  await db.schema.createIndex('incidents_by_group').on('incidents').columns(['grouping_key', 'attach_until']).execute();
  await db.schema
    .createIndex('incidents_by_status')
    .on('incidents')
    .columns(['status', 'level', 'created_at'])
    .execute();

  let alerts = make('alerts');
  for (const column of [
    'incident',
    'source',
    'fingerprint',
    'status',
    'target',
    'labels',
    'annotations',
    'generator_url',
  ] as const) {
    alerts = alerts.addColumn(column, 'text', (c) => c.notNull());
  }
  for (const column of ['starts_at', 'seen_at'] as const)
    alerts = alerts.addColumn(column, 'bigint', (c) => c.notNull());
  await alerts
    .addColumn('ends_at', 'bigint')
    .addPrimaryKeyConstraint('alerts_key', ['incident', 'source', 'fingerprint'])
    .execute();
  await db.schema.createIndex('alerts_by_identity').on('alerts').columns(['fingerprint', 'source']).execute();

  await make('timeline')
    .addColumn('incident', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('entry', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('timeline_key', ['incident', 'seq'])
    .execute();

  let jobs = make('jobs').addColumn('id', identity, (c) => c.primaryKey());
  for (const column of ['kind', 'incident', 'state', 'payload', 'last_error'] as const)
    jobs = jobs.addColumn(column, 'text', (c) => c.notNull());
  for (const column of ['due_at', 'fence', 'attempts', 'created_at'] as const)
    jobs = jobs.addColumn(column, 'bigint', (c) => c.notNull());
  await jobs
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('lease_until', 'bigint')
    .execute();
  await db.schema.createIndex('jobs_by_due').on('jobs').columns(['state', 'kind', 'due_at']).execute();
  await db.schema.createIndex('jobs_by_incident').on('jobs').columns(['incident']).execute();

  let attempts = make('attempts').addColumn('id', 'text', (c) => c.primaryKey());
  for (const column of ['incident', 'fix', 'target', 'state', 'mode', 'action_hash', 'plan'] as const)
    attempts = attempts.addColumn(column, 'text', (c) => c.notNull());
  for (const column of ['fence', 'intent_at'] as const)
    attempts = attempts.addColumn(column, 'bigint', (c) => c.notNull());
  await attempts
    .addColumn('started_at', 'bigint')
    .addColumn('finished_at', 'bigint')
    .addUniqueConstraint('one_attempt', ['incident', 'fix'])
    .execute();
  await db.schema.createIndex('attempts_by_target').on('attempts').columns(['target', 'started_at']).execute();
  await db.schema.createIndex('attempts_by_fix').on('attempts').columns(['fix', 'started_at']).execute();

  await make('bundles')
    .addColumn('incident', 'text', (c) => c.notNull())
    .addColumn('n', 'bigint', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('bundles_key', ['incident', 'n'])
    .execute();

  let aside = make('set_aside')
    .addColumn('id', identity, (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull());
  for (const column of ['source', 'delivery', 'field', 'problem', 'raw'] as const)
    aside = aside.addColumn(column, 'text', (c) => c.notNull());
  await aside.execute();

  await make('spent')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('until', 'bigint', (c) => c.notNull())
    .execute();
}

async function accessTables(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('tokens')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
}

async function threadTable(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('threads')
    .addColumn('incident', 'text', (c) => c.notNull())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('ref', 'text', (c) => c.notNull())
    .addColumn('first', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('threads_key', ['incident', 'channel'])
    .execute();
}

async function ledgerColumns(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('timeline').addColumn('n', 'bigint').execute();
  await db.schema.alterTable('timeline').addColumn('chain', 'text').execute();
  await db.schema.createIndex('timeline_by_n').on('timeline').column('n').unique().execute();
}

/** Finds the alerts whose sender vouches for them no longer without looking at the others. */
async function expiryIndex(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('alerts_by_end')
    .on('alerts')
    .column('ends_at')
    .where(sql<boolean>`status = 'firing' and ends_at is not null`)
    .execute();
}

/**
 * What the console's list shows and is sorted by, so that no state has to be read for it. The table is made anew with the
 * state as its last column: SQLite has to walk through it to reach what lies behind.
 */
async function listColumns(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('incidents').renameTo('incidents_before').execute();
  const texts = [
    ...['status', 'level', 'category', 'severity', 'priority', 'team'],
    ...['service', 'environment', 'source', 'title', 'grouping_key'],
  ];
  const numbers = ['attach_until', 'firing', 'created_at', 'updated_at'];
  let incidents = db.schema
    .createTable('incidents')
    .addColumn('uid', 'text', (c) => c.primaryKey())
    .addColumn('number', 'bigint', (c) => c.notNull().unique());
  for (const column of texts) incidents = incidents.addColumn(column, 'text', (c) => c.notNull());
  for (const column of numbers) incidents = incidents.addColumn(column, 'bigint', (c) => c.notNull());
  incidents = incidents.addColumn('starts_at', 'bigint', (c) => c.notNull().defaultTo(0));
  for (const column of ['acknowledged_at', 'resolved_at', 'next_at']) incidents = incidents.addColumn(column, 'bigint');
  for (const column of ['acknowledged_by', 'owner', 'next_kind']) incidents = incidents.addColumn(column, 'text');
  await incidents.addColumn('state', 'text', (c) => c.notNull()).execute();
  const kept = sql.raw(['uid', 'number', ...texts, ...numbers, 'acknowledged_at', 'resolved_at', 'state'].join(', '));
  await sql`insert into incidents (${kept}) select ${kept} from incidents_before`.execute(db);
  await sql`drop table incidents_before`.execute(db);
  await fillListColumns(db);
  const index = (name: string) => db.schema.createIndex(name).on('incidents');
  await index('incidents_by_group').columns(['grouping_key', 'attach_until']).execute();
  await index('incidents_by_status').columns(['status', 'level', 'created_at']).execute();
  await index('incidents_by_need').columns(['status', 'priority', 'level desc', 'number']).execute();
  await index('incidents_by_age').columns(['status', 'number']).execute();
}

async function fillListColumns(db: Kysely<Tables>): Promise<void> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('incidents')
      .select(['uid', 'number', 'state'])
      .where('number', '>', after)
      .orderBy('number')
      .limit(500)
      .execute();
    for (const { uid, state } of rows) {
      const incident = JSON.parse(state) as Incident;
      const next = nextDeadline(incident);
      await db
        .updateTable('incidents')
        .set({ starts_at: incident.startsAt, acknowledged_by: incident.acknowledgedBy, owner: incident.owner ?? null })
        .set({ next_kind: next?.kind ?? null, next_at: next?.at ?? null })
        .where('uid', '=', uid)
        .execute();
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last.number);
  }
}

/** A channel that hangs must not hold up the others: their messages are claimed apart. */
async function jobChannel(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('jobs')
    .addColumn('channel', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await db.schema.createIndex('jobs_by_channel').on('jobs').columns(['state', 'kind', 'channel', 'due_at']).execute();
}

/** Which replica holds a lease, so that others know when it has gone. */
async function jobHolder(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('holder', 'bigint').execute();
}

/** What people said of an alert is remembered for the same alert. */
async function correctionTable(db: Kysely<Tables>): Promise<void> {
  let table = db.schema.createTable('corrections').addColumn('identity', 'text', (c) => c.primaryKey());
  for (const column of ['source', 'labels', 'from_category', 'category', 'person', 'reason'])
    table = table.addColumn(column, 'text', (c) => c.notNull());
  for (const column of ['incident', 'at']) table = table.addColumn(column, 'bigint', (c) => c.notNull());
  await table.execute();
}

/** Finds what else fired at a place or in a service, and what is like an incident, without reading states. */
async function likenessTable(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('alerts')
    .addColumn('place', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await db.schema.createIndex('alerts_by_place').on('alerts').columns(['place', 'starts_at']).execute();
  let table = db.schema.createTable('likenesses').addColumn('incident', 'text', (c) => c.primaryKey());
  for (const column of ['identity', 'name', 'service', 'labels'])
    table = table.addColumn(column, 'text', (c) => c.notNull());
  await table.addColumn('created_at', 'bigint', (c) => c.notNull()).execute();
  for (const column of ['identity', 'name', 'service'] as const)
    await db.schema.createIndex(`likenesses_by_${column}`).on('likenesses').columns([column, 'created_at']).execute();
  await fillLikenesses(db);
}

async function fillLikenesses(db: Kysely<Tables>): Promise<void> {
  for (let after = 0; ;) {
    const query = db.selectFrom('incidents').select(['number', 'state']).where('number', '>', after);
    const rows = await query.orderBy('number').limit(200).execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    await writeLikenesses(
      db,
      rows.map(({ state }) => JSON.parse(state) as Incident),
    );
    after = Number(last.number);
  }
}

/** Who froze the known fixes or reset a breaker, when, and why. */
async function fixControlTable(db: Kysely<Tables>): Promise<void> {
  let table = db.schema.createTable('fix_controls').addColumn('id', 'text', (c) => c.primaryKey());
  for (const column of ['action', 'fix', 'person', 'reason'])
    table = table.addColumn(column, 'text', (c) => c.notNull());
  await table.addColumn('at', 'bigint', (c) => c.notNull()).execute();
}

/** What was deployed and changed, as sources of kind `change` tell it. */
async function changeTable(db: Kysely<Tables>): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema.createTable('changes');
  for (const column of ['source', 'key', 'kind', 'title', 'service', 'host', 'environment', 'version'])
    table = table.addColumn(column, 'text', (c) => c.notNull());
  for (const column of ['person', 'url', 'state']) table = table.addColumn(column, 'text', (c) => c.notNull());
  await table
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('changes_key', ['source', 'key'])
    .execute();
  await db.schema.createIndex('changes_by_time').on('changes').column('at').execute();
}

/** Finds incidents that had the same kinds of log lines. Those of before have none on record. */
async function templateTable(db: Kysely<Tables>): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema.createTable('incident_templates');
  for (const column of ['incident', 'template']) table = table.addColumn(column, 'text', (c) => c.notNull());
  await table
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('incident_templates_key', ['incident', 'template'])
    .execute();
  const index = db.schema.createIndex('incident_templates_by_template').on('incident_templates');
  await index.columns(['template', 'created_at']).execute();
}

/** What the gauges count stands in an index: with thousands open, a scrape read as many whole incidents. */
async function gaugeIndex(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropIndex('incidents_by_status').ifExists().execute();
  const index = db.schema.createIndex('incidents_by_gauge').ifNotExists().on('incidents');
  await index.columns(['status', 'category', 'level', 'priority', 'team', 'created_at']).execute();
}

/**
 * What lists are searched by stands in an index: a word that hardly any incident has was looked for in all of them whole,
 * with their evidence, on the thread that takes deliveries.
 */
async function searchIndex(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropIndex('incidents_by_age').ifExists().execute();
  const index = db.schema.createIndex('incidents_by_age').on('incidents');
  const searched = [
    'level',
    'priority',
    'category',
    'severity',
    'team',
    'service',
    'owner',
    'created_at',
    'title',
  ] as const;
  await index.columns(['status', 'number', ...searched]).execute();
}
