import type { ScopeStep } from '../log-store.ts';
import type { DocumentFields } from '../reading/document.ts';
import type { SearchSettings } from './settings.ts';

export type Profile = 'ecs' | 'fluentbit' | 'otel' | 'logstash';
type Role = 'time' | 'message' | 'level' | 'stack' | 'trace' | ScopeStep['name'];

/** What field_caps says of one field: its types, each with the indices that have it so (all, where left out). */
export type FieldCaps = Readonly<Record<string, Readonly<Record<string, TypeCaps>>>>;

interface TypeCaps {
  readonly searchable: boolean;
  readonly aggregatable: boolean;
  readonly indices?: readonly string[];
}

/** Elastic Common Schema; Fluent Bit's and Fluentd's kubernetes filter; the collector's exporter; Logstash and Beats 6. */
const PROFILES: Readonly<Record<Profile, Readonly<Record<Role, readonly string[]>>>> = {
  ecs: {
    time: ['@timestamp'],
    message: ['message', 'event.original', 'error.message'],
    level: ['log.level', 'log.syslog.severity.name', 'level'],
    stack: ['error.stack_trace'],
    trace: ['trace.id', 'trace_id'],
    service: [
      'service.name',
      'kubernetes.labels.app',
      'kubernetes.labels.app_kubernetes_io/name',
      'kubernetes.container.name',
      'container.name',
      'process.name',
    ],
    host: ['host.name', 'host.hostname', 'host.ip', 'kubernetes.node.name', 'agent.name'],
    namespace: ['kubernetes.namespace', 'orchestrator.namespace'],
    pod: ['kubernetes.pod.name', 'orchestrator.resource.name'],
    workload: [
      'kubernetes.deployment.name',
      'kubernetes.statefulset.name',
      'kubernetes.daemonset.name',
      'kubernetes.labels.app',
    ],
  },
  fluentbit: {
    time: ['@timestamp', 'time', 'timestamp', 'date'],
    message: ['log', 'message', 'msg'],
    level: ['level', 'severity', 'log_level', 'log_processed.level'],
    stack: ['stack_trace', 'exception', 'stack'],
    trace: ['trace_id', 'traceId', 'trace.id'],
    service: [
      'service',
      'kubernetes.labels.app',
      'kubernetes.labels.app_kubernetes_io/name',
      'kubernetes.container_name',
      'app',
    ],
    host: ['kubernetes.host', 'host', 'hostname'],
    namespace: ['kubernetes.namespace_name'],
    pod: ['kubernetes.pod_name'],
    workload: ['kubernetes.labels.app', 'kubernetes.labels.app_kubernetes_io/name', 'kubernetes.container_name'],
  },
  otel: {
    time: ['@timestamp', 'observed_timestamp'],
    message: ['body.text', 'body', 'Body', 'message'],
    level: ['severity_text', 'SeverityText', 'log.level', 'severity_number'],
    stack: ['attributes.exception.stacktrace', 'exception.stacktrace', 'Attributes.exception.stacktrace'],
    trace: ['trace_id', 'TraceId', 'trace.id'],
    service: ['resource.attributes.service.name', 'Resource.service.name', 'service.name'],
    host: ['resource.attributes.host.name', 'resource.attributes.k8s.node.name', 'Resource.host.name', 'host.name'],
    namespace: ['resource.attributes.k8s.namespace.name', 'k8s.namespace.name'],
    pod: ['resource.attributes.k8s.pod.name', 'k8s.pod.name'],
    workload: [
      'resource.attributes.k8s.deployment.name',
      'resource.attributes.k8s.statefulset.name',
      'resource.attributes.k8s.daemonset.name',
    ],
  },
  logstash: {
    time: ['@timestamp', 'timestamp'],
    message: ['message', 'msg', 'log'],
    level: ['level', 'loglevel', 'log_level', 'severity', 'syslog_severity'],
    stack: ['stack_trace', 'stacktrace', 'exception', 'thrown.extendedStackTrace'],
    trace: ['trace_id', 'traceId', 'trace.id', 'X-B3-TraceId'],
    service: ['service', 'app', 'application', 'appname', 'program', 'fields.service', 'fields.app'],
    host: ['host', 'host.name', 'hostname', 'beat.hostname', 'logsource'],
    namespace: ['namespace', 'kubernetes.namespace'],
    pod: ['pod', 'kubernetes.pod.name'],
    workload: ['deployment'],
  },
};

/** Fields that only one kind of shipper writes, with how much each says. */
const MARKERS: readonly (readonly [profile: Profile, field: string, weight: number])[] = [
  ['otel', 'body.text', 3],
  ['otel', 'severity_text', 2],
  ['otel', 'resource.attributes.service.name', 3],
  ['fluentbit', 'kubernetes.pod_name', 3],
  ['fluentbit', 'kubernetes.namespace_name', 2],
  ['fluentbit', 'log', 2],
  ['ecs', 'ecs.version', 3],
  ['ecs', 'log.level', 2],
  ['ecs', 'service.name', 1],
  ['ecs', 'kubernetes.pod.name', 2],
  ['ecs', 'host.name', 1],
  ['logstash', 'loglevel', 2],
  ['logstash', 'level', 1],
  ['logstash', '@version', 2],
];

const ROLES = [
  'time',
  'message',
  'level',
  'stack',
  'service',
  'host',
  'namespace',
  'pod',
  'workload',
  'trace',
] as const;

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
  return [...new Set([...roles, ...markers].flatMap((field) => [field, `${field}.keyword`]))];
}

/** Reads the map of fields off the mapping. Null where no field holds a time, or none a message. */
export function mapFields(
  caps: FieldCaps,
  settings: SearchSettings['fields'],
): FieldMap | { readonly missing: 'time' | 'message' } {
  const profile = typeof settings === 'string' ? (settings === 'auto' ? detectProfile(caps) : settings) : 'custom';
  const names = candidates(settings, profile === 'custom' ? 'ecs' : profile);
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
const STRUCTURES = new Set(['object', 'nested', 'flattened', 'unmapped', 'passthrough']);

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
