import type { ScopeStep } from '../log-store.ts';

export type Profile = 'ecs' | 'fluentbit' | 'otel' | 'logstash';
export type Role = 'time' | 'message' | 'level' | 'stack' | 'trace' | ScopeStep['name'];

/** Where OpenTelemetry keeps a body that is no text. */
export const BODY = 'body.structured';

/** Elastic Common Schema; Fluent Bit's and Fluentd's kubernetes filter; the collector's exporter; Logstash and Beats 6. */
export const PROFILES: Readonly<Record<Profile, Readonly<Record<Role, readonly string[]>>>> = {
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
    message: ['body.text', 'body', 'Body', 'message', BODY],
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
    service: [
      'service',
      'app',
      'application',
      'appname',
      'program',
      'fields.service',
      'fields.app',
      'container_name',
      'docker.container.name',
    ],
    host: ['host', 'host.name', 'hostname', 'beat.hostname', 'logsource'],
    namespace: ['namespace', 'kubernetes.namespace'],
    pod: ['pod', 'kubernetes.pod.name'],
    workload: ['deployment'],
  },
};

/** Fields that only one kind of shipper writes, with how much each says. */
export const MARKERS: readonly (readonly [profile: Profile, field: string, weight: number])[] = [
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

export const ROLES = [
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
