import type { LogRecord } from '../log-store.ts';
import { levelOf } from '../reading/level.ts';
import { readLine } from '../records.ts';
import type { LokiLine } from './api.ts';

/** What the line does not say of itself, its labels do. */
export function recordOf({ at, labels, text }: LokiLine): LogRecord {
  const line = readLine(text, at);
  const label = (...names: string[]): string =>
    names.map((name) => labels[name] ?? '').find((value) => value !== '') ?? '';
  return {
    at,
    level: levelOf(label('level', 'detected_level', 'severity', 'severity_text')) || line.level,
    service: line.service || label('service_name', 'service', 'app', 'job', 'container'),
    host: line.host || label('host', 'hostname', 'node', 'instance'),
    pod: line.pod || label('pod', 'k8s_pod_name', 'pod_name'),
    trace: line.trace || label('trace_id', 'traceId', 'traceID').toLowerCase(),
    text: line.text,
  };
}
