/** A log document: any JSON object. Hostile like all log text, so it is only read by the paths below. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * Where the known shapes keep what we need, the most telling first. ECS (elastic.co/docs/reference/ecs), Fluent Bit's
 * kubernetes filter, OpenTelemetry's data model as the collector's exporter writes it, Logstash, and the JSON loggers
 * pino, bunyan, zap, logrus, structlog, Serilog, log4j2 and Docker's json-file.
 */
export const DOCUMENT_FIELDS = {
  time: [
    '@timestamp',
    'timestamp',
    'time',
    'ts',
    'observed_timestamp',
    'timeMillis',
    '@t',
    'date',
    'datetime',
    'asctime',
    'eventTime',
  ],
  message: [
    'message',
    'body.text',
    'body.stringValue',
    'body',
    'body.structured',
    'msg',
    'log',
    '@m',
    '@mt',
    'MESSAGE',
    'short_message',
    'textPayload',
    'event.original',
    'event',
    'text',
    'error.message',
    'error',
  ],
  level: [
    'log.level',
    'severity_text',
    'severityText',
    'level',
    'severity',
    'loglevel',
    'log_level',
    'levelname',
    'lvl',
    '@l',
    'severity_number',
    'severityNumber',
    'PRIORITY',
    'log.syslog.severity.name',
  ],
  service: [
    'service.name',
    'resource.attributes.service.name',
    'attributes.service.name',
    'resource.service.name',
    'kubernetes.labels.app_kubernetes_io/name',
    'kubernetes.labels.app',
    'service',
    'app',
    'application',
    'container.name',
    'kubernetes.container.name',
    'kubernetes.container_name',
    'container_name',
    'name',
    'program',
    'SYSLOG_IDENTIFIER',
    'syslog.appname',
  ],
  host: [
    'host.name',
    'host.hostname',
    'resource.attributes.host.name',
    'resource.attributes.k8s.node.name',
    'kubernetes.host',
    'kubernetes.node.name',
    'host',
    'hostname',
    'agent.name',
    'beat.hostname',
    '_HOSTNAME',
  ],
  pod: ['kubernetes.pod.name', 'kubernetes.pod_name', 'resource.attributes.k8s.pod.name', 'pod'],
  workload: [
    'kubernetes.deployment.name',
    'kubernetes.statefulset.name',
    'kubernetes.daemonset.name',
    'resource.attributes.k8s.deployment.name',
    'resource.attributes.k8s.statefulset.name',
    'resource.attributes.k8s.daemonset.name',
  ],
  namespace: [
    'kubernetes.namespace',
    'kubernetes.namespace_name',
    'resource.attributes.k8s.namespace.name',
    'namespace',
  ],
  stack: [
    'error.stack_trace',
    'attributes.exception.stacktrace',
    'exception.stacktrace',
    'stack_trace',
    'stackTrace',
    'stacktrace',
    'err.stack',
    'error.stack',
    'exc_info',
    'exception',
    'stack',
    '@x',
    'thrown.extendedStackTrace',
  ],
  trace: [
    'trace.id',
    'trace_id',
    'traceId',
    'TraceId',
    'traceid',
    'dd.trace_id',
    'otelTraceID',
    'X-B3-TraceId',
    'logging.googleapis.com/trace',
    '@tr',
  ],
} as const satisfies Record<string, readonly string[]>;

export type DocumentFields = Readonly<Record<keyof typeof DOCUMENT_FIELDS, readonly string[]>>;

/** The value at a dotted path, however its dots are written: nested objects, flat keys, or a mixture. Own members only. */
export function valueAt(document: Document, path: string): unknown {
  if (Object.hasOwn(document, path)) return document[path];
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot);
    if (!Object.hasOwn(document, head)) continue;
    const child = document[head];
    if (typeof child !== 'object' || child === null || Array.isArray(child)) continue;
    const found = valueAt(child as Document, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of these that is a document itself, such as the body of an OpenTelemetry record. */
export function firstDocument(document: Document, paths: readonly string[]): Document | null {
  for (const path of paths) {
    const value = valueAt(document, path);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Document;
  }
  return null;
}

/** The first of these that is a string or a number; of a list its first element. */
export function firstValue(document: Document, paths: readonly string[]): string | number | null {
  for (const path of paths) {
    const value = valueAt(document, path);
    const single: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof single === 'number' || (typeof single === 'string' && single !== '')) return single;
  }
  return null;
}

export function firstText(document: Document, paths: readonly string[]): string {
  const value = firstValue(document, paths);
  return value === null ? '' : String(value);
}
