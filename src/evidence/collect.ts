import { promisify } from 'node:util';
import type { Evidence, EvidenceLine } from '../domain/incident.ts';
import { cleanLine } from '../domain/text.ts';
import { blank, LOOKS, unavailable, type CollectedLogs, type LogFacts } from './collected.ts';
import { selectExcerpt } from './excerpt.ts';
import { NO_LOG_STORE } from './log-store.ts';
import type { LogAnswer, LogQuery, LogRecord, LogStore, LogWindow } from './log-store.ts';
import { lookAtPeers } from './peer/look-at-peers.ts';
import type { Sample } from './ranking/log-group.ts';
import type { Redactor } from './redact.ts';
import { redactValue } from './redact-value.ts';
import { scopeSteps, speakScope } from './scope.ts';
import { templateKeys } from './template-keys.ts';
import { logWindows, speakWindow } from './windows.ts';

/** The excerpt in the record is small; the raw lines are a file. */
const EXCERPT_BYTES = 16_384;
const CLASSIFIED_RECORDS = 2_000;
const CLASSIFIED_CHARACTERS = 1_000_000;

/**
 * Reads the logs that explain an incident from the first store that serves its labels. Never throws; nothing leaves that
 * has not been redacted. How long it may take is the store's to keep (`shelter/`).
 */
export async function collectLogs(
  facts: LogFacts,
  stores: readonly LogStore[],
  redact: Redactor,
  signal: AbortSignal,
): Promise<CollectedLogs> {
  const store = stores.find((candidate) => candidate.serves(facts.labels));
  if (store === undefined) return unavailable(facts, '', NO_LOG_STORE);
  try {
    const query = queryOf(store, facts);
    const answer = await store.fetch(query, signal);
    if (!answer.ok) return unavailable(facts, store.name, redact(answer.detail));
    const logs = await collected(facts, store, answer, redact);
    if (facts.peers === undefined) return { ...logs, peer: null };
    return { ...logs, peer: await lookAtPeers(facts.peers, store, { query, answer }, hiderOf(store, redact), signal) };
  } catch (error) {
    const cause = cleanLine(error instanceof Error ? error.message : String(error));
    return unavailable(
      facts,
      store.name,
      redact(
        `The logs could not be read because of a mistake in the bridge itself (${cause}): please report it, and look into the log store by hand.`,
      ),
    );
  }
}

/** How old an answer that was read for another alert may be, by look: so fifty alerts of one service ask once. */
const MAX_AGE_MS = { first: 75_000, second: 30_000, handover: 10_000 } as const;

function queryOf(store: LogStore, facts: LogFacts): LogQuery {
  return {
    scope: scopeSteps(facts.labels, store.scopeLabels),
    windows: logWindows(facts.look === 'handover' ? { ...facts, until: facts.now } : facts),
    budget: store.budget,
    maxAgeMs: MAX_AGE_MS[facts.look ?? 'first'],
  };
}

async function collected(
  facts: LogFacts,
  store: LogStore,
  answer: LogAnswer,
  redact: Redactor,
): Promise<Omit<CollectedLogs, 'peer'>> {
  const { reason, evidence, ...found } = await digestOnce(store, answer, redact, Math.min(facts.startsAt, facts.now));
  return {
    evidence: { ...blank(facts, store.name), ...evidence, reason: LOOKS[facts.look ?? 'first'] + reason },
    ...found,
  };
}

/** What an answer says of every incident that it answers. */
interface Digest {
  readonly evidence: Pick<Evidence, 'state' | 'scope' | 'windows' | 'counts' | 'lines' | 'query' | 'url'>;
  readonly reason: string;
  readonly raw: Uint8Array | null;
  readonly records: readonly string[];
  readonly templates: readonly string[];
}

const digests = new WeakMap<LogAnswer, { readonly redact: Redactor; readonly digest: Promise<Digest> }>();

/**
 * Redacting and mining ten thousand lines takes a while: an answer that several incidents share is gone through once.
 * @param firedAt of the first of those that share it: the others fired about then
 */
function digestOnce(store: LogStore, answer: LogAnswer, redact: Redactor, firedAt: number): Promise<Digest> {
  const known = digests.get(answer);
  if (known?.redact === redact) return known.digest;
  const digest = digestOf(store, answer, redact, firedAt);
  digests.set(answer, { redact, digest });
  return digest;
}

async function digestOf(store: LogStore, answer: LogAnswer, redact: Redactor, firedAt: number): Promise<Digest> {
  const hide = hiderOf(store, redact);
  const windows = answer.windows.map((window) => ({
    ...window,
    lines: window.lines.map((line) => redactRecord(line, hide)),
  }));
  const incident = windows.find(({ name }) => name === 'incident');
  const lines = selectExcerpt(
    {
      incident: sampleOf(incident),
      baselines: windows.filter(({ name }) => name !== 'incident').map(sampleOf),
      sameLength: true,
      at: null, // that the alert fired says no more than that lines came late
      firedAt,
    },
    { lines: store.budget.lines, bytes: EXCERPT_BYTES },
  );
  return {
    evidence: {
      state: answer.partial.length === 0 ? 'complete' : 'partial',
      scope: redact(`${answer.neighbours === true ? 'neighbours of ' : ''}${speakScope(answer.scope)}`),
      windows: windows.map(({ name, from, to, records, sampled }) => ({ name, from, to, records, sampled })),
      counts: incident === undefined ? {} : countLevels(incident),
      lines,
      query: redactValue(answer.query ?? null, redact),
      url: redact(answer.url),
    },
    reason: redact(speak(answer, windows, lines)),
    raw: await pack(windows),
    records: classified(incident?.lines ?? []),
    templates: templateKeys(lines),
  };
}

/** Where a store read only some of the records, each stands for several: those of its level, if the store counted them. */
function sampleOf(window: LogWindow | undefined): Sample {
  if (window === undefined) return { records: [] };
  const { lines, levels, records, sampled } = window;
  if (!sampled || lines.length === 0) return { records: lines };
  const read = new Map<string, number>();
  for (const { level } of lines) read.set(level, (read.get(level) ?? 0) + 1);
  return {
    records: lines,
    weight: (level) =>
      Math.max(1, (levels?.[level] ?? (records * (read.get(level) ?? 0)) / lines.length) / (read.get(level) ?? 1)),
  };
}

/** What is taken out of its lines; a link to them and the query keep the addresses that the alert itself names. */
function hiderOf({ hidesAddresses }: LogStore, redact: Redactor): Redactor {
  return hidesAddresses === true ? (redact.withAddresses ?? redact) : redact;
}

function redactRecord(record: LogRecord, redact: Redactor): LogRecord {
  return { ...record, service: redact(record.service), host: redact(record.host), text: redact(record.text) };
}

/** By level; where a store counted more than it read, as it counted. Records without a level are `unknown`. */
function countLevels({ lines, levels, sampled }: LogWindow): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (level: string, count: number): void => {
    const name = level === '' ? 'unknown' : level;
    counts[name] = (counts[name] ?? 0) + count;
  };
  if (sampled && levels !== undefined) for (const [level, count] of Object.entries(levels)) add(level, count);
  else for (const { level } of lines) add(level, 1);
  return counts;
}

/** What was looked at, what it showed, and what is missing: what a person reads before the lines. */
function speak(answer: LogAnswer, windows: readonly LogWindow[], lines: readonly EvidenceLine[]): string {
  const [incident, ...baselines] = windows;
  const before = baselines.reduce((sum, { records }) => sum + records, 0);
  const records = incident?.records ?? 0;
  const whose =
    answer.scope === null ? '' : ` ${answer.neighbours === true ? 'around' : 'of'} ${speakScope(answer.scope)}`;
  const looked =
    records === 0
      ? `There is not one line${whose} in the incident window, though there were ${before} in the same time before: it may have stopped writing or running.`
      : `${records} ${records === 1 ? 'line' : 'lines'}${whose}, ${speakWindow(incident)}, against ${before} in the two windows before; the ${lines.length} that tell most are shown, each with how often its like came.`;
  return [looked, ...(answer.notes ?? []), ...answer.partial].join(' ');
}

/** NDJSON of what was read, compressed; null where nothing was. */
async function pack(windows: readonly LogWindow[]): Promise<Uint8Array | null> {
  const rows = windows.flatMap(({ name, lines }) =>
    lines.map(({ at, level, service, text }) =>
      JSON.stringify({ at: at === null ? null : new Date(at).toISOString(), level, service, text, window: name }),
    ),
  );
  if (rows.length === 0) return null;
  const { gzip } = await import('node:zlib');
  return promisify(gzip)(`${rows.join('\n')}\n`);
}

/** The texts that a category is judged by, of the records of the incident's window: errors first, each text once. */
export function classified(records: readonly Pick<LogRecord, 'level' | 'text'>[]): readonly string[] {
  const isError = ({ level }: Pick<LogRecord, 'level'>): boolean => level === 'error' || level === 'fatal';
  const texts = new Set(
    [...records.filter(isError), ...records.filter((record) => !isError(record))].map(({ text }) => text),
  );
  let characters = 0;
  return [...texts].slice(0, CLASSIFIED_RECORDS).filter((text) => (characters += text.length) <= CLASSIFIED_CHARACTERS);
}
