/** What a step of a policy may name besides teams, people and channels: the team that owns the incident. */
export const OWNER_ROLES = ['owner.level2', 'owner.level3'] as const;
export type OwnerRole = (typeof OWNER_ROLES)[number];

/** The team that owns an incident, and why, as a clause that follows a colon. */
export interface Ownership {
  readonly team: string;
  readonly why: string;
}
