import { label, type Labels } from '../../domain/alert.ts';
import type { EvidenceFact } from '../../domain/incident.ts';
import type { Outcome } from '../../domain/result.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Sample } from '../../metrics/metrics-source.ts';
import type { Population } from '../beyond/spread.ts';
import { speakNames, type PeerFacts, type PeerFinding } from './compare.ts';
import { hostForms } from './names.ts';

/** Labels of `…_build_info`, `target_info` and `kube_pod_container_info` that say which build runs, with how to call them. */
export const BUILD_LABELS: readonly (readonly [label: string, noun: string])[] = [
  ['version', 'version'],
  ['service_version', 'version'],
  ['image', 'image'],
  ['revision', 'revision'],
  ['commit', 'revision'],
  ['git_commit', 'revision'],
  ['build', 'build'],
  ['goversion', 'Go version'],
];
const SHOWN = 3;

/**
 * Whether the build that the failing target runs differs from that of healthy ones of its kind. Pure.
 * @param answer to {@link Population.builds}
 */
export function compareVersions(
  facts: PeerFacts,
  { population, store }: { readonly population: Population; readonly store: string },
  answer: Outcome<readonly Sample[]>,
): PeerFinding {
  const finding = (state: PeerFinding['state'], reason: string, found: readonly EvidenceFact[] = []): PeerFinding => ({
    ...{ state, store, reason, facts: found },
  });
  if (!answer.ok)
    return finding(
      'unavailable',
      `Versions could not be compared: ${cleanLine(answer.detail, 300).replace(/\.$/, '')}.`,
    );
  const byTarget = Map.groupBy(answer.value, ({ labels }) => label(labels, population.name).toLowerCase());
  byTarget.delete('');
  const isOf = ({ pods, hosts }: PeerFacts['own'], name: string): boolean =>
    population.name === 'pod'
      ? pods.includes(name)
      : hostForms(name.replace(/:\d+$/, '')).some((form) => hosts.includes(form));
  const own = [...byTarget].filter(([name]) => isOf(facts.own, name)).flatMap(([, samples]) => samples);
  const healthy = [...byTarget].filter(([name]) => !isOf(facts.own, name) && !isOf(facts.alerting, name));
  const names = healthy.map(([name]) => name).toSorted();
  if (own.length === 0 || names.length === 0)
    return finding(
      'unavailable',
      `${store} tells no versions of ${own.length === 0 ? 'it' : `healthy ${population.of}`}: what runs could not be compared.`,
    );
  const differing = differ(
    own,
    healthy.flatMap(([, samples]) => samples),
    names,
  );
  if (differing.length > 0)
    return finding('complete', `What runs differs from ${speakNames(names)}.`, differing.slice(0, SHOWN));
  return finding('complete', `It runs the same as ${speakNames(names)}${speakSame(own)}.`);
}

function differ(own: readonly Sample[], peers: readonly Sample[], names: readonly string[]): readonly EvidenceFact[] {
  const seen = new Set<string>();
  return own.flatMap(({ labels }) =>
    BUILD_LABELS.flatMap(([name, noun]) => {
      const mine = label(labels, name);
      const others = peers.filter((peer) => isSameSeries(peer.labels, labels)).map((peer) => label(peer.labels, name));
      const theirs = [...new Set(others)].filter((value) => value !== '').toSorted();
      const text = `${noun} ${short(mine)} here, ${theirs.map(short).join(' or ')} on ${speakNames(names)}`;
      if (mine === '' || theirs.length === 0 || theirs.includes(mine) || seen.has(text)) return [];
      seen.add(text);
      return [{ at: null, text: cleanLine(`${text}${sourceOf(labels)}`, 400), url: '' }];
    }),
  );
}

/** Of the same metric and container: the sidecar of one is not compared with the program of another. */
function isSameSeries(a: Labels, b: Labels): boolean {
  return label(a, '__name__') === label(b, '__name__') && label(a, 'container') === label(b, 'container');
}

function sourceOf(labels: Labels): string {
  const what = label(labels, 'container') || label(labels, '__name__');
  return what === '' ? '' : ` (${what})`;
}

function speakSame(own: readonly Sample[]): string {
  const values = BUILD_LABELS.flatMap(([name, noun]) =>
    own.map(({ labels }) => label(labels, name)).flatMap((value) => (value === '' ? [] : [`${noun} ${short(value)}`])),
  );
  return values[0] === undefined ? '' : `: ${values[0]}`;
}

function short(value: string): string {
  return cleanLine(value, 120);
}
