import { glob, open, stat } from 'node:fs/promises';
import { commonParts } from '../common-parts.ts';
import { sayClock } from '../../domain/moment.ts';
import { failure, type Failure } from '../../domain/result.ts';
import { chooseScope, type FileRecord } from '../file/scope.ts';
import { findWindow, newest, readLines, type ByteRange } from '../file/window.ts';
import type { FileSettings } from '../file/settings.ts';
import type { LogAnswer, LogQuery, LogStore, LogWindow } from '../log-store.ts';
import { joinLines, readLine } from '../records.ts';
import { speakNeighbours, speakScope } from '../scope.ts';
import { speakWindow } from '../windows.ts';

type Span = LogQuery['windows'][number];

/** More files than this are not looked at; the newest are. */
const MAX_FILES = 200;
/** How the budget is divided among the windows, in their order. */
const SHARES = [0.6, 0.2, 0.2];

interface LogFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was last written, epoch milliseconds. */
  readonly changedAt: number;
}

/** Log files on the bridge's own disk. */
export function createFileStore(settings: FileSettings): LogStore {
  return {
    ...commonParts(settings),
    fetch: (query, signal) => fetchFiles(settings, query, signal),
    async check() {
      const listed = await listFiles(settings);
      if ('ok' in listed) return listed;
      const bytes = listed.files.reduce((sum, one) => sum + one.bytes, 0);
      return {
        ok: true,
        detail: `${listed.files.length} files, ${bytes} bytes${listed.problems.map((problem) => `; ${problem}`).join('')}`,
      };
    },
    close: async () => undefined,
  };
}

/** The files that the paths name, the newest first. A pattern that fits none is empty, a plain path that is missing is a problem. */
async function listFiles(
  settings: FileSettings,
): Promise<{ readonly files: readonly LogFile[]; readonly problems: readonly string[] } | Failure> {
  const files = new Map<string, LogFile>();
  const problems: string[] = [];
  for (const pattern of settings.paths) {
    const paths = /[*?[{]/.test(pattern) ? glob(pattern) : [pattern];
    for await (const path of paths) {
      try {
        const found = await stat(path);
        if (found.isFile()) files.set(path, { path, bytes: found.size, changedAt: found.mtimeMs });
      } catch (error) {
        problems.push(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
      }
    }
  }
  if (files.size === 0) return noFiles(settings, problems);
  return { files: [...files.values()].sort((a, b) => b.changedAt - a.changedAt).slice(0, MAX_FILES), problems };
}

function noFiles(settings: FileSettings, problems: readonly string[]): Failure {
  const store = `Log files "${settings.name}"`;
  if (problems.some((problem) => /EACCES|EPERM/.test(problem)))
    return failure('unauthorized', `${store}: ${problems.join(', ')}. Let the bridge's user read them.`);
  const what = problems.length > 0 ? problems.join(', ') : `no file fits ${settings.paths.join(', ')}`;
  return failure('not_found', `${store}: ${what}. Correct \`paths\`, or see why nothing is written there.`);
}

/** What limits the reading, and where it leaves word of what was cut. */
interface Reading {
  readonly now: number;
  readonly stopped: () => boolean;
  readonly partial: Set<string>;
}

async function fetchFiles(settings: FileSettings, query: LogQuery, caller: AbortSignal): Promise<LogAnswer | Failure> {
  const listed = await listFiles(settings);
  if ('ok' in listed) return listed;
  // A tenth is kept back for the reading of what came.
  const budget = AbortSignal.timeout(Math.max(1, Math.floor(query.budget.timeMs * 0.9)));
  const reading: Reading = {
    now: Math.max(...query.windows.map(({ to }) => to)),
    stopped: () => budget.aborted || caller.aborted,
    partial: new Set(listed.problems.map((problem) => `${problem}: its lines are missing.`)),
  };
  const windows: FileRecord[][] = [];
  for (const [index, window] of query.windows.entries())
    windows.push(await readWindow(listed.files, window, query.budget.bytes * (SHARES[index] ?? 0), reading));
  if (reading.stopped()) {
    reading.partial.add(
      `Reading stopped at the budget of ${query.budget.timeMs / 1000} s (\`budget.time\`), so lines are missing.`,
    );
    if (windows.every((records) => records.length === 0))
      return failure(
        'timed_out',
        `Log files "${settings.name}" could not be read within ${query.budget.timeMs / 1000} s: allow more under \`budget.time\`, or name fewer files.`,
      );
  }
  return answerOf(settings, query, windows, listed.files, reading.partial);
}

function answerOf(
  settings: FileSettings,
  query: LogQuery,
  windows: readonly (readonly FileRecord[])[],
  files: readonly LogFile[],
  partial: Set<string>,
): LogAnswer | Failure {
  const scope = chooseScope(query.scope, windows);
  const read = windows.reduce((sum, records) => sum + records.length, 0);
  if (read === 0 || scope === null) return nothingFound(settings, query, windows, files);
  const { step, neighbours } = scope;
  const kept = windows.map((records) => records.filter((record) => scope.holds(record)));
  const answer = query.windows.map((window, index): LogWindow => {
    const records = kept[index] ?? [];
    const lines = errorsFirst(records, Math.floor(query.budget.documents * (SHARES[index] ?? 0)));
    if (lines.length < records.length)
      partial.add(`Of ${records.length} lines ${lines.length} were kept, errors first (\`budget.documents\`).`);
    return {
      ...window,
      records: records.length,
      sampled: lines.length < records.length || partial.size > 0,
      levels: countLevels(records),
      lines: lines.map(({ at, level, service, host, pod, trace, text }) => ({
        at,
        level,
        service,
        host,
        pod,
        trace,
        text,
      })),
    };
  });
  const asked = { paths: settings.paths, files: files.map(({ path }) => path), scope: step, windows: query.windows };
  const notes = step === null || neighbours === null ? [] : [speakNeighbours(step, neighbours)];
  return {
    ok: true,
    scope: step,
    neighbours: neighbours !== null,
    notes,
    windows: answer,
    partial: [...partial],
    query: asked,
    url: '',
  };
}

async function readWindow(
  files: readonly LogFile[],
  window: Span,
  bytes: number,
  reading: Reading,
): Promise<FileRecord[]> {
  const records: FileRecord[] = [];
  const candidates = files.filter((one) => one.changedAt >= window.from && one.bytes > 0);
  let left = bytes;
  for (const [index, one] of candidates.entries()) {
    if (reading.stopped()) break;
    if (/\.(?:gz|zst|bz2|xz|zip)$/.test(one.path)) {
      reading.partial.add(`${one.path} is compressed and was not read.`);
      continue;
    }
    try {
      left -= await readFileWindow(one, window, left / (candidates.length - index), records, reading);
    } catch (error) {
      reading.partial.add(
        `${one.path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): its lines are missing.`,
      );
    }
  }
  return records.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** Adds the records of one file that lie in the window, and answers how many bytes were read. */
async function readFileWindow(
  one: LogFile,
  window: Span,
  maxBytes: number,
  into: FileRecord[],
  reading: Reading,
): Promise<number> {
  const handle = await open(one.path, 'r');
  try {
    const timed = await findWindow(handle, one.bytes, window, maxBytes, reading.now);
    if (timed === null && window.name !== 'incident') return 0; // no times: the order of lines cannot tell a baseline
    const range = timed ?? newest(0, one.bytes, maxBytes);
    if (timed === null)
      reading.partial.add(`The lines of ${one.path} show no time that is known: its newest ones were taken.`);
    else if (range.cut)
      reading.partial.add(
        `Of ${one.path} only the newest ${Math.floor(maxBytes)} bytes of a window were read (\`budget.bytes\`).`,
      );
    const lines = await collectLines(handle, range, reading);
    const records = joinLines(lines, (line) => ({ ...readLine(line, reading.now), path: one.path }));
    for (const record of timed === null ? records : within(records, window)) into.push(record);
    return range.to - range.from;
  } finally {
    await handle.close();
  }
}

async function collectLines(
  handle: Awaited<ReturnType<typeof open>>,
  range: ByteRange,
  { stopped }: Reading,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of readLines(handle, range)) {
    if (stopped()) break;
    lines.push(line);
  }
  return lines;
}

/** A record without a time has that of the one before it. */
function within(records: readonly FileRecord[], { from, to }: Span): readonly FileRecord[] {
  let last: number | null = null;
  return records.flatMap((record) => {
    last = record.at ?? last;
    return last !== null && last >= from && last < to ? [{ ...record, at: last }] : [];
  });
}

/** The newest errors, then the newest others; in order of time again. */
function errorsFirst(records: readonly FileRecord[], count: number): readonly FileRecord[] {
  if (records.length <= count) return records;
  const isError = ({ level }: FileRecord): boolean => level === 'error' || level === 'fatal';
  const newestFirst = records.toReversed();
  const kept = new Set(
    [...newestFirst.filter(isError), ...newestFirst.filter((record) => !isError(record))].slice(0, count),
  );
  return records.filter((record) => kept.has(record));
}

function countLevels(records: readonly FileRecord[]): Readonly<Record<string, number>> {
  const levels: Record<string, number> = {};
  for (const { level } of records) levels[level] = (levels[level] ?? 0) + 1;
  return levels;
}

/** Zero lines for this scope is one thing, zero in all files another: then nothing is being written. */
function nothingFound(
  settings: FileSettings,
  { scope, windows: spans }: LogQuery,
  windows: readonly (readonly FileRecord[])[],
  files: readonly LogFile[],
): Failure {
  const store = `log files "${settings.name}"`;
  const span = speakWindow(spans[0]);
  const others = windows[0]?.length ?? 0;
  if (others > 0)
    return failure(
      'not_found',
      `No line of ${scope.map(speakScope).join(', ')} at ${span} in the ${store}, though they hold ${others} other lines of then: check \`scope\` and \`paths\`; \`scope: {}\` takes every line.`,
    );
  const changed =
    files[0] === undefined
      ? ''
      : `; the newest file was last written at ${sayClock(files[0].changedAt, spans[0]?.to ?? null)}`;
  return failure(
    'not_found',
    `The ${store} hold no line at all of ${span}${changed}: see whether the program still writes there, and whether \`paths\` are right.`,
  );
}
