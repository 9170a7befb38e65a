import { label, type Labels } from '../domain/alert.ts';
import type { ScopeStep } from './log-store.ts';

type ScopeName = ScopeStep['name'];
export type ScopeLabels = Readonly<Record<ScopeName, readonly string[]>>;

/** From the narrowest to the widest: a store asks them in this order until one yields lines. */
export const SCOPE_NAMES = ['pod', 'workload', 'service', 'host', 'namespace'] as const satisfies readonly ScopeName[];

const DEFAULT_LABELS: ScopeLabels = {
  pod: ['pod'],
  workload: ['deployment', 'statefulset', 'daemonset'],
  service: ['service', 'app', 'job'],
  host: ['instance', 'node'],
  namespace: ['namespace'],
};

/** The mapping of a store's configuration. Where it is written at all, only what is written counts: `{}` maps nothing. */
export function scopeLabels(configured?: Readonly<Partial<Record<ScopeName, readonly string[]>>>): ScopeLabels {
  if (configured === undefined) return DEFAULT_LABELS;
  return {
    pod: configured.pod ?? [],
    workload: configured.workload ?? [],
    service: configured.service ?? [],
    host: configured.host ?? [],
    namespace: configured.namespace ?? [],
  };
}

/** Which searches these labels allow, narrowest first, each at most once. Empty where the mapping knows none of them. */
export function scopeSteps(labels: Labels, mapping: ScopeLabels): readonly ScopeStep[] {
  const steps = SCOPE_NAMES.flatMap((name) => valuesOf(name, labels, mapping).map((value) => ({ name, value })));
  const seen = new Set<string>();
  return steps.filter(({ name, value }) => {
    const key = `${name}\n${value}`;
    return !seen.has(key) && seen.add(key);
  });
}

function valuesOf(name: ScopeName, labels: Labels, mapping: ScopeLabels): readonly string[] {
  const values = mapping[name].map((key) => label(labels, key).trim()).filter((value) => value !== '');
  if (name === 'host') return values.flatMap(hostNames);
  if (name !== 'workload') return values;
  return [...values, ...valuesOf('pod', labels, mapping).map(workloadOf)].filter((value) => value !== '');
}

/** `db-1.example.org:9100` → the full name, then its first label: log shippers write either. Addresses stay whole. */
function hostNames(instance: string): readonly string[] {
  const bare = instance.replace(/^https?:\/\//, '').replace(/[/?#].*$/s, '');
  const host =
    /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? (bare.split(':').length > 2 ? bare : bare.replace(/:\d+$/, ''));
  if (host === '' || host.includes(':') || /^\d+(?:\.\d+){3}$/.test(host)) return host === '' ? [] : [host];
  const short = host.split('.')[0] ?? '';
  return short === '' || short === host ? [host] : [host, short];
}

/** The characters that Kubernetes draws random suffixes from (apimachinery, `util/rand`): no vowels, no 0, 1, 3. */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';
const OF_DEPLOYMENT = new RegExp(`^(.+)-${RANDOM}{6,10}-${RANDOM}{5}$`);
const OF_SET = new RegExp(`^(.+)-(?:${RANDOM}{5}|\\d{1,4})$`);

/** The name of the deployment, daemon set or stateful set that a pod belongs to, or '' where its name does not say. */
export function workloadOf(pod: string): string {
  return OF_DEPLOYMENT.exec(pod)?.[1] ?? OF_SET.exec(pod)?.[1] ?? '';
}

/** What narrows to the lines of one service; host and namespace hold those of others too. */
export const OWN_STEPS: ReadonlySet<ScopeName> = new Set(['pod', 'workload', 'service']);

/** A shorter name is a word of many lines. */
const SHORTEST_NAME = 3;

/** By which names others may speak of whoever these steps narrow to. */
export function spokenNames(steps: readonly ScopeStep[]): readonly string[] {
  return [...new Set(steps.map(({ value }) => value))].filter(({ length }) => length >= SHORTEST_NAME);
}

/** Why lines of others are shown. */
export function speakNeighbours(
  step: ScopeStep,
  { names, traces }: { readonly names: readonly string[]; readonly traces: readonly string[] },
): string {
  const ties = [
    ...(names.length === 0 ? [] : [`name ${names.join(' or ')}`]),
    ...(traces.length === 0 ? [] : [`share one of its ${traces.length} last traces`]),
  ];
  return `${speakScope(step)} wrote nothing itself in the incident window; these are lines of others that ${ties.join(' or ')}.`;
}

/** `service = checkout`, for people. */
export function speakScope(step: ScopeStep | null): string {
  return step === null ? 'everything' : `${step.name} = ${step.value}`;
}
