import type { Labels } from './alert.ts';

/** What asks the metrics source how many people or orders are hit. */
export interface ImpactQuery {
  readonly promql: string;
  /** The metrics source by name; null: the only one. */
  readonly metrics: string | null;
  /** What the number counts, as it follows the number: `orders/min failing`. */
  readonly unit: string;
}

/** One service of the catalogue. */
export interface Service {
  readonly name: string;
  /** The team that owns it; '' where the catalogue names none. */
  readonly team: string;
  /** 1 is what the business stands on, 4 what nobody waits for; null where it is not said. */
  readonly tier: number | null;
  /** What it needs itself, by name. */
  readonly dependsOn: readonly string[];
  /** How many services need it, directly or through others. */
  readonly dependents: number;
  readonly skills: readonly string[];
  /** An http(s) address, or ''. */
  readonly runbook: string;
  /** Whom to ask, as people write it: a name, a room, an address. */
  readonly contacts: readonly string[];
  readonly impactQuery: ImpactQuery | null;
}

/** The services that are configured, as questions. */
export interface Services {
  /** False where the catalogue is empty: then nothing follows from it. */
  readonly any: boolean;
  /** The first service whose matchers fit these labels; else the one that a label names. */
  of(labels: Labels): Service | null;
  named(name: string): Service | null;
  /** Whether `name` needs `other`, directly or through others. */
  needs(name: string, other: string): boolean;
}

/** `checkout, tier 1, of team shop; 2 services need it; ask #checkout`: a service in one line. */
export function speakService({ name, tier, team, dependents, skills, contacts }: Service): string {
  const about = [name, tier === null ? '' : `tier ${tier}`, team === '' ? '' : `of team ${team}`];
  const parts = [
    about.filter((part) => part !== '').join(', '),
    dependents === 0 ? '' : dependents === 1 ? '1 service needs it' : `${dependents} services need it`,
    skills.length === 0 ? '' : `takes ${skills.join(', ')}`,
    contacts.length === 0 ? '' : `ask ${contacts.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** Labels that may name a service, the most telling first. */
export const SERVICE_LABELS = ['service', 'app', 'job'] as const;
