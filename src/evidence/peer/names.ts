import { isSpokenFor, label, placeOf, type Labels } from '../../domain/alert.ts';

/** Names by which a target stands in logs and metrics, in lower case: its pod, its host with and without the domain. */
export interface TargetNames {
  readonly pods: readonly string[];
  readonly hosts: readonly string[];
}

/** What the alerts with these labels are about. */
export function namesOf(alerts: readonly Labels[]): TargetNames {
  const pods = alerts.map((labels) => label(labels, 'pod').toLowerCase());
  const hosts = alerts.flatMap((labels) => {
    const own = isSpokenFor(labels) ? [] : [placeOf(labels)];
    return [...own, ...['host', 'hostname', 'node'].map((name) => label(labels, name))].flatMap(hostForms);
  });
  return { pods: unique(pods), hosts: unique(hosts.filter((host) => !pods.includes(host))) };
}

/** `db-1.example.org` is also written `db-1`; addresses stay whole. */
export function hostForms(host: string): readonly string[] {
  const name = host.toLowerCase();
  if (name === '' || name.includes(':') || /^[\d.]+$/.test(name)) return [name];
  return [name, name.split('.')[0] ?? name];
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => name !== '');
}
