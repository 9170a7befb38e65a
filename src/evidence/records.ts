import { cleanText } from '../domain/text.ts';
import type { LogRecord } from './log-store.ts';
import {
  DOCUMENT_FIELDS,
  firstDocument,
  firstText,
  firstValue,
  type Document,
  type DocumentFields,
} from './reading/document.ts';
import { levelInText, levelOf } from './reading/level.ts';
import { readTime, timeInText } from './reading/time.ts';
import { isTrace, traceInText } from './reading/trace.ts';

/** What is longer is cut: 16 Ki characters hold any stack trace that somebody will read. */
const MAX_TEXT = 16_384;
/** A line longer than this is not tried as JSON. */
const MAX_JSON = 1_000_000;
/** JSON in the message of JSON (a container's runtime, a shipper, the program itself). */
const MAX_WRAPS = 3;

/** A record and what it says about where it comes from; a field that it lacks is ''. */
export interface LocatedRecord extends LogRecord {
  readonly pod: string;
  readonly workload: string;
  readonly namespace: string;
  readonly trace: string;
}

/** Where OpenTelemetry keeps what is no text. */
const BODIES = ['body.structured', 'body'];

/** ECMA-48: control sequences, operating system commands, two-byte sequences; and `^[[31m`, as some write them out. */
const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const ANSI = new RegExp(
  `${ESC}(?:\\[[0-?]{0,32}[ -/]{0,8}[@-~]|\\][^${BEL}${ESC}]{0,512}(?:${BEL}|${ESC}\\\\)?|[@-Z\\\\-_])|\\^\\[\\[[0-9;]{0,16}m`,
  'g',
);

/** Without the escape sequences that colour a terminal, also where a program has written them out as `^[[31m`. */
export function stripAnsi(text: string): string {
  return text.includes(ESC) || text.includes('^[[') ? text.replace(ANSI, '') : text;
}

/** One physical line of a log: JSON in any of the known shapes, or plain text. `now` settles dates without a year. */
export function readLine(line: string, now: number): LocatedRecord {
  const text = stripAnsi(line.length > MAX_JSON ? line.slice(0, MAX_TEXT) : line).trimEnd();
  const document = asDocument(text);
  if (document === null) return readText(text, now);
  const record = readDocument(document, now);
  return record.text === '' ? { ...record, text: cleanText(text, MAX_TEXT) } : record;
}

/** A document as Elasticsearch gives it, or a line of JSON: ECS, Fluent Bit, OpenTelemetry, Logstash, pino and the like. */
export function readDocument(
  document: Document,
  now: number,
  fields: DocumentFields = DOCUMENT_FIELDS,
  depth = 1,
): LocatedRecord {
  const { text, inner } = unwrap(document, now, fields, depth);
  const read = (name: 'service' | 'host' | 'pod' | 'workload' | 'namespace'): string =>
    cleanText(firstText(document, fields[name]) || (inner?.[name] ?? ''), 256);
  return {
    at: readTime(firstValue(document, fields.time), now) ?? (inner === null ? timeInText(text, now) : inner.at),
    level: levelOf(firstValue(document, fields.level)) || (inner === null ? levelInText(text) : inner.level),
    service: read('service'),
    host: read('host'),
    pod: read('pod'),
    workload: read('workload'),
    namespace: read('namespace'),
    trace: traceOf(document, fields) || (inner === null ? traceInText(text) : inner.trace),
    text,
  };
}

/** The message, and what it says itself where it is JSON again; with the stack trace where that is a field of its own. */
function unwrap(
  document: Document,
  now: number,
  fields: DocumentFields,
  depth: number,
): { readonly text: string; readonly inner: LocatedRecord | null } {
  const message = stripAnsi(firstText(document, fields.message)).trimEnd();
  const body = message === '' ? firstDocument(document, BODIES) : null;
  const nested = depth < MAX_WRAPS ? (body ?? asDocument(message)) : null;
  if (nested !== null && firstText(nested, DOCUMENT_FIELDS.message) !== '') {
    const inner = readDocument(nested, now, DOCUMENT_FIELDS, depth + 1);
    return { text: inner.text, inner };
  }
  const stack = stripAnsi(firstText(document, fields.stack)).trimEnd();
  const whole = stack === '' || message.includes(stack.slice(0, 200)) ? message : `${message}\n${stack}`.trimStart();
  return { text: cleanText(whole === '' ? printDocument(body ?? document) : whole, MAX_TEXT), inner: null };
}

function readText(text: string, now: number): LocatedRecord {
  return {
    at: timeInText(text, now),
    level: levelInText(text),
    service: '',
    host: '',
    pod: '',
    workload: '',
    namespace: '',
    trace: traceInText(text),
    text: cleanText(text, MAX_TEXT),
  };
}

function traceOf(document: Document, fields: DocumentFields): string {
  const trace = cleanText(firstText(document, fields.trace), 256).toLowerCase();
  return isTrace(trace) ? trace : '';
}

/** A document without a message is shown as it is; one that is nested too deeply to print is not. */
function printDocument(document: Document): string {
  try {
    return JSON.stringify(document).slice(0, MAX_TEXT);
  } catch {
    return '';
  }
}

function asDocument(text: string): Document | null {
  const trimmed = text.trimStart();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}') || trimmed.length > MAX_JSON) return null;
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Document) : null;
  } catch {
    return null; // braces, but no JSON
  }
}

/** Frames, causes and what else goes on from the line before it: Java, .NET, Python, Go, Node, Ruby, PHP. */
const CONTINUES =
  /^(?:[ \t]+\S|\}|\)|\]|Caused by: |Suppressed: |\.\.\. \d+ more|at [\w.$<>]+\(|goroutine \d+ \[|\[?#\d+\]? {1,3}(?:[/{]|0x|\[internal function\]|[\w\\:$<>.-]{1,200} ?\()|--- End of |During handling of the above|The above exception was|Traceback \(most recent call last\):|[\w./]+\.go:\d+ \+0x|created by [\w./]+)/;

/** The line that ends a Python traceback stands at the margin again. */
const EXCEPTION = /^(?:[\w$]+\.)*[A-Z][\w$]*(?:Error|Exception|Exit|Interrupt|Warning|Fault)\b/;

/** Whether a line of text goes on what `previous` (the record so far) began. Blank lines never do. */
export function continuesRecord(line: string, previous: string): boolean {
  const text = stripAnsi(line);
  if (CONTINUES.test(text)) return true;
  return EXCEPTION.test(text) && /Traceback \(most recent call last\):/.test(previous);
}

/**
 * Joins lines of one stream into records, in their order. `read` makes a record of a line; a line that goes on the one
 * before is added to it, up to the length that is kept at all.
 */
export function joinLines<R extends LogRecord>(lines: Iterable<string>, read: (line: string) => R): R[] {
  const records: R[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const last = records.at(-1);
    if (last !== undefined && continuesRecord(line, last.text)) {
      if (last.text.length < MAX_TEXT)
        records[records.length - 1] = extend(last, cleanText(stripAnsi(line).trimEnd(), MAX_TEXT));
    } else records.push(read(line));
  }
  return records;
}

/**
 * As {@link joinLines} for records that a store holds one a line: what goes on joins the last record of the same
 * service and host. Expects them in order of time.
 */
export function joinRecords<R extends LogRecord>(records: readonly R[]): R[] {
  const joined: R[] = [];
  const last = new Map<string, number>();
  for (const record of records) {
    const stream = `${record.service}\n${record.host}`;
    const index = last.get(stream);
    const before = index === undefined ? undefined : joined[index];
    if (index !== undefined && before !== undefined && continuesRecord(record.text, before.text)) {
      if (before.text.length < MAX_TEXT) joined[index] = extend(before, record.text);
    } else last.set(stream, joined.push(record) - 1);
  }
  return joined;
}

/** A trace makes the record an error where it did not say a level. */
function extend<R extends LogRecord>(record: R, line: string): R {
  const text = `${record.text}\n${line}`.slice(0, MAX_TEXT);
  return { ...record, text, level: record.level === '' ? levelInText(text) : record.level };
}
