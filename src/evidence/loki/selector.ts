import type { ScopeStep } from '../log-store.ts';

/** Labels under which agents (Alloy, Promtail, the OpenTelemetry endpoint) keep what a scope names, the surest first. */
const LABELS: Readonly<Record<ScopeStep['name'], readonly string[]>> = {
  pod: ['pod', 'k8s_pod_name', 'pod_name'],
  workload: ['deployment', 'k8s_deployment_name', 'statefulset', 'daemonset', 'app', 'service_name'],
  service: ['service_name', 'service', 'app', 'job', 'container'],
  host: ['host', 'hostname', 'node', 'node_name', 'instance', 'nodename'],
  namespace: ['namespace', 'k8s_namespace_name', 'service_namespace'],
};

/** The labels of this Loki that may hold a scope. */
export function labelsFor(step: ScopeStep, known: readonly string[]): readonly string[] {
  return LABELS[step.name].filter((label) => known.includes(label));
}

/** `{service_name="checkout"}`; the value is a string of Go's, in which nothing of it can end the selector. */
export function selectorOf(label: string, value: string): string {
  return `{${label}=${JSON.stringify(value)}}`;
}

/** Lines that hold one of these as a whole name, `checkout` and not `checkout-worker`; RE2, in which no character of theirs means anything. */
export function mentioning(names: readonly string[]): string {
  const any = names.map((name) => name.replace(/[^\w\s\u0080-\uffff]/g, '\\$&')).join('|');
  return `|~ ${JSON.stringify(`(^|[^0-9A-Za-z_-])(${any})($|[^0-9A-Za-z_-])`)}`;
}

/** Words that stand in errors, for records that are too many to read: those with them come first. */
export const ERROR_FILTER = '|~ "(?i)(error|exception|fatal|panic|critical|severe|traceback|failed|failure)"';

/** A page of Grafana's Explore with this query and window. Times are epoch milliseconds. */
export function exploreLink(
  grafana: { readonly url: string; readonly data_source: string } | undefined,
  expr: string,
  from: number,
  to: number,
): string {
  if (grafana === undefined) return '';
  const uid = grafana.data_source;
  const query = { refId: 'A', expr, queryType: 'range', datasource: { type: 'loki', uid } };
  const panes = { logs: { datasource: uid, queries: [query], range: { from: String(from), to: String(to) } } };
  const search = new URLSearchParams({ schemaVersion: '1', orgId: '1', panes: JSON.stringify(panes) });
  return `${grafana.url.replace(/\/+$/, '')}/explore?${search.toString()}`;
}
