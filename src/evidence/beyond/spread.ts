import { isSpokenFor, label, type Alert, type Labels } from '../../domain/alert.ts';
import type { Evidence, Spread } from '../../domain/incident.ts';
import type { Outcome } from '../../domain/result.ts';
import { speakSpread } from '../../domain/spread.ts';
import { cleanLine } from '../../domain/text.ts';
import { fillPromql } from '../../fixes/promql-template.ts';
import type { Sample } from '../../metrics/metrics-source.ts';
import { BUILD_LABELS } from '../peer/versions.ts';
import { workloadOf } from '../scope.ts';
import { pieceOf, type PieceFacts } from './piece.ts';

/** Alerts of the incident that are read. */
export const SPREAD_ALERTS_MAX = 500;

/** Where targets lie, by the label that says so; the first one that tells any apart counts. */
const ZONES: readonly (readonly [label: string, noun: string])[] = [
  ['zone', 'zone'],
  ['availability_zone', 'zone'],
  ['az', 'zone'],
  ['topology_kubernetes_io_zone', 'zone'],
  ['datacenter', 'data centre'],
  ['dc', 'data centre'],
  ['region', 'region'],
];
/** Targets that differ from the alert in one of these are of another place altogether. */
const WORLDS = ['namespace', 'cluster', 'environment', 'env'];

/** Of what kind the alert's target is, and how all of that kind and those that fire are counted. */
export interface Population {
  /** A noun: `targets of job node`. */
  readonly of: string;
  /** The label that tells one from another. */
  readonly name: 'instance' | 'pod';
  /** PromQL: how many there are, and how many the same alert fires for; by where they lie. */
  readonly total: string;
  readonly firing: string;
  /** PromQL: which builds they run, one series each. */
  readonly builds: string;
}

/**
 * The population that an alert's target belongs to: the targets of its job, or the pods of its workload, which
 * kube-state-metrics tells of. Null where the alert names neither. Pure.
 */
export function populationOf(labels: Labels): Population | null {
  const where = [...WORLDS, ...ZONES.map(([name]) => name)];
  const fill = (template: string, values: Readonly<Record<string, string>>): string => {
    const known = new Map(Object.entries(values));
    return fillPromql(template, (name) => known.get(name)).text;
  };
  const count = (name: string, selector: string, values: Readonly<Record<string, string>>): string =>
    `count by (${where.join(', ')}) (count by (${[name, ...where].join(', ')}) (${fill(selector, values)}))`;
  const builds = (selector: string, values: Readonly<Record<string, string>>): string =>
    `count by (${[...BUILT, ...BUILD_LABELS.map(([name]) => name)].join(', ')}) (${fill(selector, values)})`;
  const alertname = label(labels, 'alertname');
  const [job, instance, pod] = ['job', 'instance', 'pod'].map((name) => label(labels, name)) as [
    string,
    string,
    string,
  ];
  if (job !== '' && instance !== '' && !isSpokenFor(labels))
    return {
      ...{ of: `targets of job ${cleanLine(job, 80)}`, name: 'instance' },
      total: count('instance', 'up{job="{{ job }}"}', { job }),
      firing: count('instance', `${FIRING},job="{{ job }}",instance!=""}`, { alertname, job }),
      builds: builds('{__name__=~".+_build_info|target_info",job="{{ job }}"}', { job }),
    };
  const workload = workloadOf(pod);
  const namespace = label(labels, 'namespace');
  if (workload === '' || namespace === '') return null;
  const names = '=~"{{ workload }}-([a-z0-9]{6,10}-)?[a-z0-9]{1,5}"}';
  return {
    ...{ of: `pods of ${cleanLine(workload, 80)}`, name: 'pod' },
    total: count('pod', `kube_pod_info{namespace="{{ namespace }}",pod${names}`, { namespace, workload }),
    firing: count('pod', `${FIRING},namespace="{{ namespace }}",pod${names}`, { alertname, namespace, workload }),
    builds: builds(`kube_pod_container_info{namespace="{{ namespace }}",pod${names}`, { namespace, workload }),
  };
}

const BUILT = ['__name__', 'instance', 'pod', 'container'];
const FIRING = 'ALERTS{alertstate="firing",alertname="{{ alertname }}"';

/** What is known of the incident itself. */
export interface SpreadFacts {
  readonly labels: Labels;
  /** Of the incident: `impact.targets`. */
  readonly targets: number;
  readonly alerts: readonly Pick<Alert, 'status' | 'labels'>[];
  readonly population: Population;
  /** The name of the metrics source, or ''. */
  readonly store: string;
}

/** How many there are and how many fire, as the metrics source says. */
export interface SpreadAnswers {
  readonly total: Outcome<readonly Sample[]>;
  readonly firing: Outcome<readonly Sample[]>;
}

/**
 * Local or everywhere: the targets that the same alert fires for, in this incident or another, against all of their kind.
 * Null where nobody could be asked and the alerts themselves say nothing. Pure.
 * @param answers null where no metrics source is configured
 */
export function describeSpread(facts: SpreadFacts, answers: SpreadAnswers | null, piece: PieceFacts): Evidence | null {
  const { population, store, targets } = facts;
  const own = ownOf(facts);
  const firing = answers?.firing.ok === true ? sameWorld(answers.firing.value, facts.labels) : [];
  const all = answers?.total.ok === true ? sameWorld(answers.total.value, facts.labels) : [];
  const affected = Math.max(own.length, sum(firing));
  const known = sum(all);
  const total = known === 0 ? null : Math.max(known, affected);
  const zones = zonesOf([...own.map((labels) => ({ labels, value: 1 })), ...firing], all);
  const spread: Spread = { affected, total, targets, of: population.of, ...(zones === null ? {} : { zones }) };
  if (answers === null && zones === null) return null;
  const losses = [
    ...(total === null ? [whyUnknown(facts, answers)] : []),
    ...(answers?.firing.ok === false ? ['Only those of this incident were counted as hit.'] : []),
  ];
  const query = answers === null ? null : { total: population.total, firing: population.firing };
  return pieceOf('metric', piece, {
    ...{ about: 'spread', store, scope: population.of, query, spread },
    state: losses.length > 0 ? 'partial' : 'complete',
    reason: [`${speakSpread(spread)}.`, ...losses].join(' '),
  });
}

/** Labels of the targets that fire in this incident, one each. */
function ownOf({ alerts, population: { name }, labels }: SpreadFacts): readonly Labels[] {
  const same = name === 'instance' ? label(labels, 'job') : workloadOf(label(labels, 'pod'));
  const kind = (of: Labels): string => (name === 'instance' ? label(of, 'job') : workloadOf(label(of, 'pod')));
  const firing = alerts.filter((alert) => alert.status === 'firing' && kind(alert.labels) === same);
  const own = new Map([{ labels }, ...firing].map((alert) => [label(alert.labels, name), alert.labels]));
  own.delete('');
  return [...own.values()];
}

function sameWorld(samples: readonly Sample[], alert: Labels): readonly Sample[] {
  return samples.filter(({ labels }) =>
    WORLDS.every((name) => {
      const [here, there] = [label(alert, name), label(labels, name)];
      return here === '' || there === '' || here === there;
    }),
  );
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((all, { value }) => all + (Number.isFinite(value) ? value : 0), 0);
}

/** Where the hit ones lie; null where nothing says so, or one of them does not. */
function zonesOf(hit: readonly Sample[], all: readonly Sample[]): NonNullable<Spread['zones']> | null {
  for (const [name, noun] of ZONES) {
    const where = hit.map(({ labels }) => label(labels, name));
    if (where.length === 0 || where.includes('')) continue;
    const hitIn = [...new Set(where)].toSorted().map((zone) => cleanLine(zone, 60));
    const known = all.map(({ labels }) => label(labels, name)).filter((zone) => zone !== '');
    return { label: noun, hit: hitIn, all: known.length === 0 ? null : new Set([...known, ...where]).size };
  }
  return null;
}

function whyUnknown({ population, store }: SpreadFacts, answers: SpreadAnswers | null): string {
  if (answers === null) return 'Configure a Prometheus under `metrics` to have all of them counted.';
  if (!answers.total.ok)
    return `They could not be counted: ${cleanLine(answers.total.detail, 300).replace(/\.$/, '')}.`;
  const metric = population.name === 'pod' ? 'kube_pod_info' : 'up';
  return `${store} holds no \`${metric}\` of them: does it scrape them? Set matchers where several metrics sources are configured.`;
}
