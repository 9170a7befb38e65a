import type { Incident, Spread } from './incident.ts';

/** What at most counts as local, and what at least as widespread: shares of all targets of the same kind. */
const LOCAL = 0.1;
const WIDE = 0.5;

/** The newest count of what else could be hit; undefined where none was made. */
function countedSpread({ evidence }: Pick<Incident, 'evidence'>): Spread | undefined {
  return evidence.findLast(({ spread }) => spread !== undefined)?.spread;
}

/**
 * Whether it is local or everywhere: `3 of 40 targets of job node: local`. What was hit since the count is added to it.
 * '' where it was not found out.
 */
export function speakMeasuredSpread(incident: Pick<Incident, 'evidence' | 'impact'>): string {
  const counted = countedSpread(incident);
  return counted === undefined ? '' : speakSpread(sinceThen(counted, incident.impact.targets));
}

/** As {@link speakMeasuredSpread}; of what was never counted it says as much as the alerts tell. Null where they name no target. */
export function speakWholeSpread(incident: Pick<Incident, 'evidence' | 'impact'>): string | null {
  const measured = speakMeasuredSpread(incident);
  if (measured !== '') return measured;
  const { targets } = incident.impact;
  return targets === 0 ? null : `${targets} ${targets === 1 ? 'target' : 'targets'}, of how many is not known`;
}

/** More targets joined: where they are was not asked. */
function sinceThen(counted: Spread, targets: number): Spread {
  if (counted.targets >= targets) return counted;
  const { zones: _zones, ...rest } = counted;
  const affected = counted.affected + targets - counted.targets;
  return { ...rest, affected: counted.total === null ? affected : Math.min(affected, counted.total) };
}

/** A count in words; what it comes to stands last, unless it cannot be told. */
export function speakSpread({ affected, total, of, zones }: Spread): string {
  const where = speakZones(affected, zones);
  if (total === null) return `${affected} ${affected === 1 ? singular(of) : of}${where}, of how many is not known`;
  return `${affected} of ${total} ${of}${where}: ${verdictOf(affected, total, zones)}`;
}

/** `targets of job node` is `target of job node`. */
function singular(of: string): string {
  return of.replace(/^(\w+)s\b/, '$1');
}

function speakZones(affected: number, zones: Spread['zones']): string {
  if (zones === undefined || affected === 0) return '';
  const [first = ''] = zones.hit;
  if (zones.hit.length === 1) return `, ${affected === 1 ? '' : 'all '}in ${zones.label} ${first}`;
  if (zones.hit.length === zones.all) return `, in all ${zones.all} ${zones.label}s`;
  return `, in ${zones.hit.length} ${zones.all === null ? '' : `of ${zones.all} `}${zones.label}s`;
}

function verdictOf(affected: number, total: number, zones: Spread['zones']): string {
  if (affected === 0) return 'nothing of it fires now';
  if (total === 1) return 'it is the only one';
  if (affected >= total) return 'everywhere';
  const oneZone = zones?.hit.length === 1 && (zones.all ?? 0) > 1;
  if (affected > 1 && oneZone) return `one ${zones.label}`;
  if (affected === 1 || affected / total <= LOCAL) return 'local';
  return affected / total >= WIDE ? 'widespread' : 'in part';
}
