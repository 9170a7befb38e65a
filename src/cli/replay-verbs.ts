import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LoadOptions } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import { speakFileError } from '../config/rule-files.ts';
import type { Config } from '../config/schema.ts';
import { parseDuration } from '../domain/duration.ts';
import type { Account } from '../rehearsal/account.ts';
import type { Recording } from '../rehearsal/recording.ts';
import { laySideBySide, type Compared } from '../rehearsal/replay.ts';
import type { Source } from '../sources/source.ts';
import { outputFlag } from './output-flag.ts';
import { countDifferent, replayJson, replayTable, type Replayed } from './replay-text.ts';
import { addStorageFlags, existingStorageOf, type StorageFlags } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

interface ReplayFlags extends StorageFlags {
  readonly 'config.file': string;
  readonly rules?: string;
  readonly source?: string;
  readonly for: string;
  readonly output: string;
  readonly exitCode: boolean;
}

/** `tierbell replay FILE|INC-n`: reads files, or the store of a bridge that may be running; nothing is sent or written. */
export function addReplayVerb(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const verb = program
    .command('replay')
    .description('play recorded deliveries under other rules, nothing sent, and say what would be decided otherwise')
    .argument('<what>', 'an incident (INC-4), or a file of recorded webhook bodies; - for standard input')
    .option('--rules <path>', 'the other rules: a folder, or a main file')
    .option('--source <name>', 'which source sent the bodies of a file')
    .option('--for <duration>', 'how long a file is played on after its last delivery, with nobody answering', '24h')
    .option('--exit-code', 'end with status 1 where anything is decided otherwise', false)
    .addOption(outputFlag(['table', 'json']))
    .option(
      '--config.file <file>',
      'the main configuration file',
      terminal.env['TIERBELL_CONFIG_FILE'] ?? 'rules/tierbell.yaml',
    );
  addStorageFlags(verb, terminal).action(async (what: string, flags: ReplayFlags) => {
    const replayed = await replayVerb(what, flags, terminal);
    terminal.write(flags.output === 'json' ? replayJson(replayed) : replayTable(replayed));
    finish(flags.exitCode && countDifferent(replayed) > 0 ? 1 : 0);
  });
}

/** A record knows how long sending took, and Tierbell is not faster than a minute where people look. */
const RECORD_TOLERANCE_MS = 60_000;

async function replayVerb(what: string, flags: ReplayFlags, terminal: Terminal): Promise<Replayed> {
  const { stageOf } = await import('../rehearsal/stage.ts');
  const { replay } = await import('../rehearsal/replay.ts');
  terminal.settled();
  const present = await load({ file: flags['config.file'] }, terminal);
  const other = flags.rules === undefined ? null : await loadOther(flags.rules, flags, terminal);
  const sources = await sourcesOf(present);
  const now = Date.now();
  const number = /^INC-(\d{1,15})$/i.exec(what)?.[1];
  const compared = async (recording: Recording, record: Account | null): Promise<Compared[]> => {
    const byPresent = await replay(stageOf(present), recording);
    if (other !== null) return laySideBySide(byPresent, await replay(stageOf(other), recording));
    if (record !== null) return laySideBySide([record], byPresent, RECORD_TOLERANCE_MS);
    return byPresent.map((after) => ({ before: null, after, differences: [] }));
  };
  if (number !== undefined) {
    const { recording, record } = await readIncident(Number(number), sources, flags, terminal, now);
    const names = { before: other === null ? 'the record' : flags['config.file'] };
    const id = (index: number): string => (index === 0 ? `INC-${number}` : `INC-${number}/${index + 1}`);
    const incidents = (await compared(recording, record)).map((one, index) => ({ ...one, id: id(index) }));
    return { ...names, after: flags.rules ?? flags['config.file'], incidents };
  }
  const recording = await readFileRecording(what, sources, flags, terminal, now);
  const incidents = (await compared(recording, null)).map((one, index) => ({ ...one, id: `#${index + 1}` }));
  const before = other === null ? null : flags['config.file'];
  return { before, after: flags.rules ?? flags['config.file'], incidents };
}

async function load(options: Pick<LoadOptions, 'file' | 'rulesFolder'>, { env }: Terminal): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  const loaded = await loadConfig({ ...options, env });
  if (!loaded.ok) throw new CliError(loaded.problems.map(renderProblem).join('\n'));
  return loaded.config;
}

async function loadOther(path: string, flags: ReplayFlags, terminal: Terminal): Promise<Config> {
  const { findOtherRules } = await import('../config/other-rules.ts');
  const found = await findOtherRules(resolve(terminal.cwd, path), flags['config.file']);
  if (found === null)
    throw new CliError(`--rules: there is nothing at ${path}; name a folder of rules or a main file`, 2);
  return load(found, terminal);
}

async function sourcesOf(config: Config): Promise<ReadonlyMap<string, Source>> {
  const { createSource } = await import('../sources/registry.ts');
  return new Map(config.sources.map((source) => [source.name, createSource(source)]));
}

async function readIncident(
  number: number,
  sources: ReadonlyMap<string, Source>,
  flags: ReplayFlags,
  terminal: Terminal,
  now: number,
): Promise<{ recording: Recording; record: Account }> {
  const { openArchive } = await import('../store/open-storage.ts');
  const { readRecord } = await import('../rehearsal/read-record.ts');
  const { accountOf } = await import('../rehearsal/account.ts');
  const archive = await openArchive(existingStorageOf(flags, terminal));
  try {
    const read = await readRecord(archive, sources, number, now);
    if (!read.ok) throw new CliError(read.why);
    return { recording: read.recording, record: accountOf(read.record.incident, read.timeline) };
  } finally {
    await archive.close();
  }
}

async function readFileRecording(
  file: string,
  sources: ReadonlyMap<string, Source>,
  flags: ReplayFlags,
  terminal: Terminal,
  now: number,
): Promise<Recording> {
  const forMs = parseDuration(flags.for);
  if (forMs === null) throw new CliError(`--for: found ${flags.for}, allowed is a duration such as 24h`, 2);
  if (flags.source !== undefined && !sources.has(flags.source))
    throw new CliError(`--source: found ${flags.source}, allowed is ${[...sources.keys()].join(', ')}`, 2);
  const { readRecordedFile } = await import('./recorded-file.ts');
  const { bareRecording } = await import('../rehearsal/recording.ts');
  const { groups, problems } = readRecordedFile(await textOf(file, terminal), sources, flags.source ?? null, now);
  if (problems.length > 0) throw new CliError(problems.map((one) => `${file}:${one}`).join('\n'));
  if (groups.length === 0) throw new CliError(`${file}: it holds no webhook body`);
  return bareRecording(groups, groups.reduce((last, { at }) => Math.max(last, at), 0) + forMs);
}

async function textOf(file: string, terminal: Terminal): Promise<string> {
  try {
    const bytes = file === '-' ? await terminal.stdin() : await readFile(resolve(terminal.cwd, file));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CliError(
      `${file}: ${speakFileError(error)}; name an incident such as INC-4, or a file of webhook bodies`,
    );
  }
}
