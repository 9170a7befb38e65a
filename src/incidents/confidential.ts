import type { Team } from '../config/schema.ts';
import type { Incident } from '../domain/incident.ts';

/** What is said in place of a title to those who may not read it. */
export const CONFIDENTIAL_TITLE = 'confidential';

/** Who may read what of incidents whose team keeps them to itself. */
export interface Confidentiality {
  /** Whether the team of this incident keeps it to itself. */
  readonly holds: (incident: Pick<Incident, 'team'>) => boolean;
  /** Whether this channel may carry its details: every channel, but for such a team only its own. */
  readonly mayCarry: (incident: Pick<Incident, 'team'>, channel: string) => boolean;
}

/**
 * Teams with `confidential: true`. It goes by the team that the incident shows, also where only a label says so: what might
 * be confidential is kept.
 */
export function compileConfidentiality(teams: readonly Team[]): Confidentiality {
  const own = new Map(
    teams
      .filter(({ confidential }) => confidential)
      .map(({ name, channels, level2 = [], level3 = [] }) => [name, new Set([...channels, ...level2, ...level3])]),
  );
  return {
    holds: ({ team }) => own.has(team),
    mayCarry: ({ team }, channel) => own.get(team)?.has(channel) ?? true,
  };
}

/** The incident for those who may know that it is there, and how it stands, but not what it is about. */
export function conceal(incident: Incident): Incident {
  return {
    ...incident,
    ...{ title: CONFIDENTIAL_TITLE, labels: {}, annotations: {}, generatorURL: '', service: '', environment: '' },
    classification: { category: 'unclassified', confidence: 0, method: 'rule', reasons: [], alternatives: [] },
    ...{ escalations: [], attempts: [], evidence: [], told: [], assessment: null, ticks: {} },
  };
}
