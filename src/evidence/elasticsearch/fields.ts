import type { ScopeStep } from '../log-store.ts';
import type { DocumentFields } from '../reading/document.ts';
import { BODY, MARKERS, PROFILES, ROLES, type Profile, type Role } from './profiles.ts';
import type { SearchSettings } from './settings.ts';

/** What field_caps says of one field: its types, each with the indices that have it so (all, where left out). */
export type FieldCaps = Readonly<Record<string, Readonly<Record<string, TypeCaps>>>>;

interface TypeCaps {
  readonly searchable: boolean;
  readonly aggregatable: boolean;
  readonly indices?: readonly string[];
}

/** A field as it can be searched exactly. */
export interface ExactField {
  /** As in the document, and as people write it. */
  readonly path: string;
  /** What a term query names: the field, or its keyword within. */
  readonly term: string;
  /** Text without a keyword: only whole words in their order can be asked for. */
  readonly analysed: boolean;
  /** Keyword and the like: may be counted by. */
  readonly countable: boolean;
  /** In these indices the field itself is exact, and has no keyword within. */
  readonly exactIn: readonly string[];
  /** A number, in one of the indices at least: words cannot be asked of it. */
  readonly numeric: boolean;
}

/** Which field of this index holds what. */
export interface FieldMap {
  readonly profile: Profile | 'custom';
  readonly time: string;
  readonly timeInNanoseconds: boolean;
  readonly paths: DocumentFields;
  readonly level: readonly ExactField[];
  /** What ties the records of one request together. */
  readonly trace: readonly ExactField[];
  /** Message fields that are analysed: may be asked for words. */
  readonly words: readonly string[];
  readonly scope: Readonly<Record<ScopeStep['name'], readonly ExactField[]>>;
}

/** Every field that could matter, with its keyword: what field_caps is asked for. */
export function candidateFields(settings: SearchSettings['fields']): readonly string[] {
  const roles = Object.values(candidates(settings, 'ecs')).flat();
  const markers = MARKERS.map(([, field]) => field);
  const names = [...roles, ...markers].flatMap((field) => [field, `${field}.keyword`]);
  return [...new Set([...names, ...roles.flatMap(parentsOf)])];
}

/** `kubernetes`, `kubernetes.labels` of `kubernetes.labels.app`. */
function parentsOf(field: string): readonly string[] {
  const parts = field.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}

/** Whoever has too many fields keeps a whole object as one, `flattened` (`flat_object` in OpenSearch): what is in it can be searched as keywords are. */
function withFlattened(caps: FieldCaps, names: readonly string[]): FieldCaps {
  const found = names.flatMap((name) => {
    if (typesOf(caps, name).length > 0) return [];
    const type = [...parentsOf(name), ...(name === BODY ? [name] : [])]
      .map((one) => (Object.hasOwn(caps, one) ? (caps[one]?.['flattened'] ?? caps[one]?.['flat_object']) : undefined))
      .find((one) => one !== undefined);
    return type === undefined ? [] : [[name, { keyword: type }] as const];
  });
  return { ...caps, ...Object.fromEntries(found) };
}

/** Reads the map of fields off the mapping. Null where no field holds a time, or none a message. */
export function mapFields(
  plain: FieldCaps,
  settings: SearchSettings['fields'],
): FieldMap | { readonly missing: 'time' | 'message' } {
  const profile = typeof settings === 'string' ? (settings === 'auto' ? detectProfile(plain) : settings) : 'custom';
  const names = candidates(settings, profile === 'custom' ? 'ecs' : profile);
  const caps = withFlattened(plain, Object.values(names).flat());
  const present = (role: Role): readonly string[] => names[role].filter((field) => typesOf(caps, field).length > 0);
  const time = present('time').find((field) =>
    typesOf(caps, field).some((type) => type === 'date' || type === 'date_nanos'),
  );
  if (time === undefined) return { missing: 'time' };
  if (present('message').length === 0) return { missing: 'message' };
  const exact = (role: Role): readonly ExactField[] => present(role).map((field) => exactField(caps, field));
  return {
    profile,
    time,
    timeInNanoseconds: typesOf(caps, time).includes('date_nanos'),
    paths: Object.fromEntries(
      ROLES.map((role) => [role, role === 'time' ? [time] : present(role)]),
    ) as unknown as DocumentFields,
    level: exact('level'),
    trace: exact('trace'),
    words: present('message').filter((field) => typesOf(caps, field).some((type) => WORDY.has(type))),
    scope: {
      pod: exact('pod'),
      workload: exact('workload'),
      service: exact('service'),
      host: exact('host').filter(({ path }) => !typesOf(caps, path).includes('ip')),
      namespace: exact('namespace'),
    },
  };
}

const NUMBERS = new Set([
  'long',
  'integer',
  'short',
  'byte',
  'unsigned_long',
  'double',
  'float',
  'half_float',
  'scaled_float',
]);
const WORDY = new Set(['text', 'match_only_text']);
/** Objects are not fields: `log` holds `log.level` in one index and the line itself in another. */
const STRUCTURES = new Set(['object', 'nested', 'flattened', 'flat_object', 'unmapped', 'passthrough']);

function typesOf(caps: FieldCaps, field: string): readonly string[] {
  if (!Object.hasOwn(caps, field)) return [];
  return Object.keys(caps[field] ?? {}).filter((type) => !STRUCTURES.has(type));
}

function exactField(caps: FieldCaps, path: string): ExactField {
  const types = typesOf(caps, path);
  const keyword = `${path}.keyword`;
  const inner = types.some((type) => WORDY.has(type)) && typesOf(caps, keyword).includes('keyword');
  const term = inner ? keyword : path;
  const termTypes = typesOf(caps, term);
  const exactIn = inner
    ? types.filter((type) => !WORDY.has(type)).flatMap((type) => caps[path]?.[type]?.indices ?? [])
    : [];
  return {
    path,
    term,
    analysed: !inner && types.some((type) => WORDY.has(type)),
    // Counting by a field that is keyword here and a number there fails; by one that is elsewhere in others it counts a part.
    countable:
      exactIn.length === 0 &&
      termTypes.length === 1 &&
      !WORDY.has(termTypes[0] ?? '') &&
      caps[term]?.[termTypes[0] ?? '']?.aggregatable === true,
    exactIn,
    numeric: types.some((type) => NUMBERS.has(type)),
  };
}

function detectProfile(caps: FieldCaps): Profile {
  const score = (profile: Profile): number =>
    MARKERS.filter(([of, field]) => of === profile && typesOf(caps, field).length > 0).reduce(
      (sum, [, , weight]) => sum + weight,
      0,
    );
  const ranked = (['ecs', 'fluentbit', 'otel', 'logstash'] as const).toSorted((a, b) => score(b) - score(a));
  return ranked[0] ?? 'ecs';
}

/** The named profile alone, or the detected one followed by the others: a pattern may span indices of several shippers. */
function candidates(settings: SearchSettings['fields'], first: Profile): Readonly<Record<Role, readonly string[]>> {
  if (typeof settings !== 'string')
    return byRole((role) => {
      const field = settings[role];
      return field === undefined ? (role === 'time' ? ['@timestamp'] : []) : [field];
    });
  if (settings !== 'auto') return PROFILES[settings];
  const order = [first, ...(['ecs', 'fluentbit', 'otel', 'logstash'] as const).filter((profile) => profile !== first)];
  return byRole((role) => [...new Set(order.flatMap((profile) => PROFILES[profile][role]))]);
}

function byRole(of: (role: Role) => readonly string[]): Readonly<Record<Role, readonly string[]>> {
  return Object.fromEntries(ROLES.map((role) => [role, of(role)])) as Record<Role, readonly string[]>;
}
