import type { AlertGroup } from '../domain/alert.ts';
import type { Recording } from '../rehearsal/recording.ts';
import type { Source } from '../sources/source.ts';
import { readJsonDocuments, type JsonDocument } from './json-documents.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** One recorded request. */
interface Recorded {
  readonly body: unknown;
  /** Epoch milliseconds; null where the recording does not say, NaN where what it says is no time. */
  readonly receivedAt: number | null;
  readonly source: string | null;
}

export interface FileContent {
  readonly groups: Recording['groups'];
  /** `line:column: message` each. */
  readonly problems: readonly string[];
}

/**
 * Recorded webhook bodies: bare ones, or `{receivedAt, source, body}` with `rawBody` for a text, one after the other, in a
 * list, or as `{requests: […]}`. A body without a time comes when its newest alert began or ended, in the order of the file.
 * @param only the name of the source that all came from; null: the first that takes their shape
 * @param now epoch milliseconds
 */
export function readRecordedFile(
  text: string,
  sources: ReadonlyMap<string, Source>,
  only: string | null,
  now: number,
): FileContent {
  const groups: Recording['groups'][number][] = [];
  const problems: string[] = [];
  let latest = 0;
  for (const document of readJsonDocuments(text)) {
    if ('message' in document) {
      problems.push(`${placeOf(document)}: ${document.message}`);
      continue;
    }
    for (const recorded of requestsIn(document.value)) {
      const read = readOne(recorded, sources, only, now);
      if ('problem' in read) {
        problems.push(`${placeOf(document)}: ${read.problem}`);
        continue;
      }
      latest = Math.max(latest, recorded.receivedAt ?? newestIn(read.groups, latest));
      for (const group of read.groups) groups.push({ at: latest, delivery: `d${groups.length + 1}`, group });
    }
  }
  return { groups, problems };
}

function placeOf({ line, column }: Pick<JsonDocument, 'line' | 'column'>): string {
  return `${line}:${column}`;
}

/** Prometheus posts a list of alerts: it is one body, not a list of bodies. */
function requestsIn(value: unknown): Recorded[] {
  if (Array.isArray(value))
    return value.some((item) => isObject(item) && 'labels' in item) ? [bare(value)] : value.flatMap(requestsIn);
  if (!isObject(value)) return [bare(value)];
  if (Array.isArray(value['requests'])) return value['requests'].flatMap(requestsIn);
  if (!('body' in value) && !('rawBody' in value)) return [bare(value)];
  const { receivedAt, source } = value;
  return [
    {
      body: typeof value['rawBody'] === 'string' ? parse(value['rawBody']) : value['body'],
      receivedAt: receivedAt === undefined || receivedAt === null ? null : readTime(receivedAt),
      source: typeof source === 'string' ? source : null,
    },
  ];
}

/** NaN where it is none. */
function readTime(text: unknown): number {
  return typeof text === 'string' ? Date.parse(text) : Number.NaN;
}

function bare(body: unknown): Recorded {
  return { body, receivedAt: null, source: null };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function readOne(
  { body, receivedAt, source: named }: Recorded,
  sources: ReadonlyMap<string, Source>,
  only: string | null,
  now: number,
): { readonly groups: readonly AlertGroup[] } | { readonly problem: string } {
  if (receivedAt !== null && Number.isNaN(receivedAt))
    return { problem: 'receivedAt is no time; write it like 2026-01-05T03:00:10Z' };
  const name = only ?? named;
  const source = name === null ? choose(body, [...sources.values()]) : sources.get(name);
  if (source === undefined) {
    const names = [...sources.keys()].join(', ');
    return {
      problem:
        name === null
          ? `no configured source takes this body; say which one sent it with --source (${names})`
          : `the source ${name} is not configured; there are: ${names}`,
    };
  }
  const wrong = source.check(body);
  if (wrong !== null) return { problem: `${source.name}: ${wrong.field} ${wrong.problem}`.replace('  ', ' ') };
  const { groups } = source.parse(body, receivedAt ?? now);
  return {
    groups: groups.map((group) => ({ ...group, alerts: group.alerts.filter((one) => !source.isHeartbeat(one)) })),
  };
}

/** Grafana's payload is Alertmanager's with more in it. */
function choose(body: unknown, sources: readonly Source[]): Source | undefined {
  const isGrafanas = isObject(body) && 'orgId' in body;
  const fitting = sources.filter((source) => source.kind !== 'change' && source.check(body) === null);
  return fitting.find(({ kind }) => (kind === 'grafana') === isGrafanas) ?? fitting[0];
}

/** When the newest of these alerts began or ended, epoch milliseconds. */
function newestIn(groups: readonly AlertGroup[], least: number): number {
  return groups
    .flatMap(({ alerts }) => alerts)
    .reduce((newest, { status, startsAt, endsAt }) => {
      const at = status === 'resolved' ? (endsAt ?? startsAt) : startsAt;
      return Math.max(newest, at);
    }, least);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
