import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { temporaryFolder } from './cleanup.ts';
import { portOfOurOwn } from './port-of-our-own.ts';
import { findPostgres } from './programs.ts';
import { startProcess, type RunningProcess } from './start-process.ts';

/** A real PostgreSQL of its own (Debian: `postgresql`), with `fsync` on and passwords asked for. */
export interface Postgres {
  /** A place that nobody used before: a schema of its own in one database, so that it costs nothing. */
  freshUrl(): Promise<string>;
  /** Runs statements as the owner of everything. */
  query(url: string, sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Everybody is cut off, nothing that was committed is lost. */
  stop(): Promise<void>;
  /** As `pg_ctl stop -m immediate`, or a machine without power: nothing is ended in order. */
  crash(): Promise<void>;
  /** After `stop` or `crash`, on the same port with the same data. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Stands in every address; must never be seen in a log or an answer. */
export const POSTGRES_PASSWORD = 'pg-secret-8Qx2';

/** A server for the tests around this call: started before them, stopped after them. */
export function withPostgres(): () => Postgres {
  let server: Postgres | null = null;
  beforeAll(async () => void (server = await startPostgres()), 300_000);
  afterAll(async () => server?.remove(), 300_000);
  return () => {
    if (server === null) throw new Error('PostgreSQL is not started yet');
    return server;
  };
}

/** @param folderIn where its data go; a temporary folder without it */
export async function startPostgres(folderIn?: string): Promise<Postgres> {
  const programs = findPostgres();
  if (programs === null) throw new Error('no PostgreSQL server here (apt-get install postgresql)');
  const user = unprivileged();
  const folder = folderIn === undefined ? temporaryFolder('postgres').path : mkdtempSync(join(folderIn, 'postgres-'));
  const data = join(folder, 'data');
  makeCluster(programs, folder, data, user);
  const port = await portOfOurOwn();
  const start = (): Promise<RunningProcess> =>
    startProcess({
      name: 'PostgreSQL',
      command: join(programs, 'postgres'),
      args: [
        '-D',
        data,
        '-p',
        String(port),
        ...settings({ listen_addresses: '127.0.0.1', unix_socket_directories: '' }),
      ],
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      ...(user === undefined ? {} : { user }),
      ready: /database system is ready to accept connections/,
      stopSignal: 'SIGINT', // ends its clients rather than waiting for them
    });
  let running = await start();
  const url = `postgres://tierbell:${POSTGRES_PASSWORD}@127.0.0.1:${port}/postgres`;
  let serial = 0;
  return {
    async freshUrl() {
      const schema = `place_${++serial}`;
      await query(url, `create schema ${schema}`);
      return `${url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
    },
    query,
    stop: async () => void (await running.stop()),
    async crash() {
      process.kill(running.pid, 'SIGQUIT');
      await running.exited;
    },
    start: async () => void (running = await start()),
    remove: async () => void (await running.stop()),
  };
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = users.find((one) => /^(postgres|nobody):/.test(one));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('no user postgres or nobody here to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}

function makeCluster(
  programs: string,
  folder: string,
  data: string,
  user: { uid: number; gid: number } | undefined,
): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, POSTGRES_PASSWORD);
  if (user !== undefined) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const args = ['-D', data, '-U', 'tierbell', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8', '-N'];
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const made = spawnSync(join(programs, 'initdb'), args, { cwd: folder, env, encoding: 'utf8', ...user });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${String(made.error ?? '')}`);
}

function settings(values: Readonly<Record<string, string>>): string[] {
  const all = { fsync: 'on', shared_buffers: '64MB', ...values };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
