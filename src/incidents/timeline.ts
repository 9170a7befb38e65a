import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';
import type { Actor, TimelineEntry } from '../domain/entry.ts';

/** What the first entry of a timeline is chained to. */
export const GENESIS = '0'.repeat(64);

/** Keys whose numbers are moments: RFC 3339 on the wire and in the hash, epoch milliseconds inside. */
const MOMENTS: ReadonlySet<string> = new Set([
  'at',
  'startsAt',
  'startedAt',
  'finishedAt',
  'attachUntil',
  'from',
  'to',
]);
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An entry as it is stored, hashed and shown by the API. `incident` is the incident's uid. */
export interface WireEntry {
  readonly incident: string;
  readonly seq: number;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly type: string;
  readonly text: string;
  readonly data: unknown;
  readonly hash: string;
}

/** SHA-256 in hex of the previous hash, a line feed, and the RFC 8785 JSON of the entry without its hash. */
export function hashEntry(previous: string, entry: Omit<WireEntry, 'hash'>): string {
  const { incident, seq, at, actor, type, text, data } = entry;
  const json = canonicalize({ incident, seq, at, actor, type, text, data }) ?? '';
  return hash('sha256', `${previous}\n${json}`);
}

/** What is to be chained: a `NewEntry` of an incident, or an entry of the chain of what people did to known fixes. */
export interface OpenEntry {
  readonly actor: Actor;
  readonly type: string;
  readonly text: string;
  readonly data: unknown;
}

/** Chains a new entry to `previous`. @param at epoch milliseconds of the store's clock */
export function sealEntry(incident: string, seq: number, at: number, previous: string, entry: OpenEntry): WireEntry {
  const open = {
    incident,
    seq,
    at: rfc3339(at),
    actor: entry.actor,
    type: entry.type,
    text: entry.text.toWellFormed(),
    data: toWire(entry.data),
  };
  return { ...open, hash: hashEntry(previous, open) };
}

/** Back from the wire form: for folding a stored timeline. */
export function openEntry(wire: WireEntry): TimelineEntry {
  const { seq, actor, type, text, hash } = wire;
  return { seq, at: Date.parse(wire.at), actor, type, text, hash, data: fromWire(wire.data) } as TimelineEntry;
}

export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** Under these keys lies foreign data: a label called `at` is no moment, and a query's `from` may be any number. */
const OPAQUE: ReadonlySet<string> = new Set(['labels', 'annotations', 'query']);

/** Deep copy with moments as RFC 3339; `deadlines` holds moments under every key. */
export function toWire(value: unknown, key = ''): unknown {
  if (typeof value === 'number') return MOMENTS.has(key) ? rfc3339(value) : value;
  if (typeof value === 'string') return value.toWellFormed();
  return walk(value, key, toWire);
}

function fromWire(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return MOMENTS.has(key) && RFC3339.test(value) ? Date.parse(value) : value;
  return walk(value, key, fromWire);
}

function walk(value: unknown, key: string, each: (value: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => each(item, key));
  if (value === null || typeof value !== 'object') return value;
  const opaque = OPAQUE.has(key);
  // An object with a prototype is several times faster to make and to write, but a foreign name may be `__proto__`.
  const copy = (opaque || Object.hasOwn(value, '__proto__') ? Object.create(null) : {}) as Record<string, unknown>;
  for (const name of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[name];
    if (item === undefined) continue;
    copy[name.toWellFormed()] = each(item, opaque ? key : key === 'deadlines' ? 'at' : name);
  }
  return copy;
}

/** What is wrong with an entry that follows one of this hash, in words, or null. */
export function faultOf(previous: string, entry: WireEntry): string | null {
  return hashEntry(previous, entry) === entry.hash ? null : 'was edited';
}

/** Where a chain breaks, as a sentence, or null where every entry follows from the one before it. */
export function findBreak(entries: readonly WireEntry[]): string | null {
  let previous = GENESIS;
  for (const [index, entry] of entries.entries()) {
    if (entry.seq !== index + 1) return `entry ${index + 1} is missing`;
    const fault = faultOf(previous, entry);
    if (fault !== null) return `entry ${entry.seq} ${fault}`;
    previous = entry.hash;
  }
  return null;
}
