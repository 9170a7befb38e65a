import type { Command } from 'commander';
import { Option } from 'commander';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Config } from '../config/schema.ts';
import { loadConfig } from '../config/load.ts';
import { notesOn } from '../config/notes.ts';
import { renderProblem } from '../config/problem.ts';
import type { App, AppSettings } from '../app.ts';
import type { WebConfig } from '../http/web-config.ts';
import type { StorageAddress } from '../store/open-storage.ts';
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from '../telemetry/logger.ts';
import { count } from '../domain/text.ts';
import { nameOfStorage, storageOf } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

interface ServeFlags {
  'config.file': string;
  'web.listenAddress': string;
  'web.config.file'?: string;
  'web.externalUrl'?: string;
  'storage.path': string;
  'storage.url'?: string;
  roles: string;
  'log.level': LogLevel;
  'log.format': 'logfmt' | 'json';
}

/** `tierbell serve`: the bridge itself. Each flag is also `TIERBELL_…` in the environment. */
export function addServe(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const flag = (name: string, text: string, value?: string): Option => {
    const option = new Option(`--${name} <value>`, text).env(`TIERBELL_${name.toUpperCase().replace(/[.-]/g, '_')}`);
    return value === undefined ? option : option.default(value);
  };
  program
    .command('serve')
    .description('run the bridge')
    .addOption(flag('config.file', 'the main configuration file', 'rules/tierbell.yaml'))
    .addOption(flag('web.listen-address', 'host and port; port 0 takes a free one', '127.0.0.1:9096'))
    .addOption(flag('web.config.file', "TLS and client certificates, in Prometheus's own format"))
    .addOption(
      flag('web.external-url', 'the address under which people reach this bridge; without it messages carry no links'),
    )
    .addOption(flag('storage.path', 'the folder of the store', 'data/'))
    .addOption(flag('storage.url', 'postgres://… in place of the folder: one store for several replicas'))
    .addOption(flag('roles', 'what this replica does; only `all` so far', 'all'))
    .addOption(flag('log.level', `one of ${LOG_LEVELS.join(', ')}`, 'info').choices([...LOG_LEVELS]))
    .addOption(flag('log.format', 'logfmt or json', 'logfmt').choices(['logfmt', 'json']))
    .action(async (flags: ServeFlags) => finish(await serve(flags, terminal)));
}

async function serve(flags: ServeFlags, terminal: Terminal): Promise<number | null> {
  const { host, port } = readAddress(flags['web.listenAddress']);
  let reload = (): void => {}; // a SIGHUP before it is ready has nothing to read again
  terminal.onReload(() => reload());
  const adminToken = readAdminToken(terminal);
  const externalUrl = readExternalUrl(flags['web.externalUrl']);
  const storage = storageOf(flags, terminal);
  checkRoles(flags.roles, storage);
  const web = await readWebConfig(flags['web.config.file'], terminal);
  const logOptions = { level: flags['log.level'], format: flags['log.format'] };
  const log = createLogger(logOptions, (line) => terminal.writeError(line));
  const { prepareEngine } = await import('../engine/start-engine.ts');
  const thread = prepareEngine();
  const loadAgain = (): Promise<Config> => load(flags['config.file'], terminal);
  const config = await loadAgain();
  if (externalUrl === null) log.warn('no --web.external-url: messages carry no links, and say so');
  for (const note of notesOn(config)) log.warn(note);
  const { startApp } = await import('../app.ts');
  const settings: AppSettings = {
    ...{
      config,
      loadAgain,
      folder: storage.folder,
      storageUrl: storage.url,
      host,
      port,
      web,
      externalUrl,
      logOptions,
      adminToken,
    },
    ...{ version: terminal.version, nodeVersion: terminal.nodeVersion, thread, loopback: isLoopback(host) },
    onDeath(why) {
      log.error('the store worker ended; stopping, so that a supervisor starts anew', { why });
      terminal.exit(1);
    },
  };
  const app = await startApp(settings, log).catch((error: unknown) => {
    throw new CliError(sentence(error, flags['web.listenAddress']), (error as Error).name === 'OpenDoor' ? 2 : 1);
  });
  stopOnSignal(app, terminal, log);
  reload = () => void app.reload().catch(() => {}); // logged where it fails
  terminal.settled();
  log.info('ready', { url: app.url, config: flags['config.file'], storage: nameOfStorage(storage) });
  terminal.write(`${JSON.stringify({ ready: true, url: app.url, pid: terminal.pid })}\n`);
  return null;
}

const ROLES = ['all', 'ingest', 'worker', 'web'];

/** @throws CliError where this process cannot do that alone */
function checkRoles(given: string, { url }: StorageAddress): void {
  const roles = given.split(',').map((role) => role.trim());
  const wrong = roles.find((role) => !ROLES.includes(role));
  if (wrong !== undefined) throw new CliError(`--roles: found ${wrong}, allowed is one of ${ROLES.join(', ')}`, 2);
  if (roles.includes('all')) return;
  if (url === null)
    throw new CliError('--roles: on SQLite one process does everything; roles need --storage.url (PostgreSQL)', 2);
  throw new CliError(
    '--roles: parts alone are not built yet in this version; leave the flag out, and every replica does everything',
    2,
  );
}

/** @throws CliError that lists every problem */
async function readWebConfig(file: string | undefined, terminal: Terminal): Promise<WebConfig> {
  if (file === undefined || file === '') return { tls: null, headers: {} };
  const { loadWebConfig } = await import('../http/web-config.ts');
  const loaded = loadWebConfig(file, terminal.env);
  if (loaded.ok) return loaded.config;
  const problems = loaded.problems.map(renderProblem).join('\n');
  throw new CliError(
    `the web configuration has ${count(loaded.problems.length, 'problem')}; nothing was started\n${problems}`,
  );
}

/** @throws CliError that lists every problem */
async function load(file: string, terminal: Terminal): Promise<Config> {
  const loaded = await loadConfig({ file, env: terminal.env });
  if (loaded.ok) return loaded.config;
  const problems = loaded.problems.map(renderProblem).join('\n');
  throw new CliError(`the configuration has ${count(loaded.problems.length, 'problem')} and is not used\n${problems}`);
}

/** The first token of an empty store, so that a container can be started without a step before. */
function readAdminToken(terminal: Terminal): string | null {
  const file = terminal.env['TIERBELL_ADMIN_TOKEN_FILE'];
  if (file === undefined || file === '') return null;
  const token = readSecret(file);
  if (token.length < 16)
    throw new CliError(`TIERBELL_ADMIN_TOKEN_FILE: ${file} must hold a token of at least 16 characters`, 2);
  return token;
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(
      `TIERBELL_ADMIN_TOKEN_FILE: ${file} cannot be read (${(error as { code?: string }).code ?? 'unknown'})`,
      2,
    );
  }
}

function stopOnSignal(app: App, terminal: Terminal, log: Logger): void {
  terminal.onStop((signal) => {
    log.info('stopping', { signal });
    app.stop().then(
      () => terminal.exit(0),
      (error: unknown) => {
        log.error('stopping failed', { error: String(error) });
        terminal.exit(1);
      },
    );
  });
}

function sentence(error: unknown, address: string): string {
  if ((error as { code?: string }).code === 'EADDRINUSE')
    return `${address} is taken by another program; choose another --web.listen-address`;
  return error instanceof Error ? error.message : String(error);
}

/** `127.0.0.1:9096`, `[::1]:9096`, `:9096` (all addresses, as in Prometheus). */
export function readAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new CliError(`--web.listen-address: found ${text}, allowed is host:port such as 127.0.0.1:9096`, 2);
  return { host: match[1] ?? (match[2] === '' ? '0.0.0.0' : (match[2] ?? '')), port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function readExternalUrl(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new CliError(
      `--web.external-url: found ${text}, allowed is an address such as https://tierbell.example.org`,
      2,
    );
  return text.replace(/\/+$/, '');
}
