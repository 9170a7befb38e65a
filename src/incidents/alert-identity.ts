import { createHash } from 'node:crypto';
import type { Labels } from '../domain/alert.ts';

/**
 * Labels that say which copy of a thing an alert is about, or how bad it is, not what is the matter: what a person said
 * of one holds for the others.
 */
const COPIES = new Set(
  `instance host hostname node nodename server target address ip pod_ip host_ip pod pod_name container container_id
  container_name id uid uuid replica device interface ifname ifdescr port mountpoint partition disk volume severity
  level priority value timestamp __name__`.split(/\s+/),
);
/** Values that are made anew for each copy: addresses with a port, and long runs of digits or hex. */
const FLEETING = /^[\w.-]+:\d{2,5}$|(^|[^0-9a-f])[0-9a-f]{12,}([^0-9a-f]|$)|^\d{1,3}(\.\d{1,3}){3}$/i;

/** The labels by which an alert is the same again, sorted by name. */
export function lastingLabels(labels: Labels): readonly (readonly [string, string])[] {
  return Object.entries(labels)
    .filter(([name, value]) => value !== '' && !COPIES.has(name.toLowerCase()) && !FLEETING.test(value))
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * Under which a person's category is remembered: the source and the labels without those that tell copies apart, as
 * SHA-256 in hex. `DiskFull` of two hosts is one identity; of two clusters or two jobs it is not.
 */
export function alertIdentity(source: string, labels: Labels): string {
  return createHash('sha256')
    .update(JSON.stringify([source, lastingLabels(labels)]))
    .digest('hex');
}
