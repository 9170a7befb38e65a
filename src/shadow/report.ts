import type { Incident } from '../domain/incident.ts';
import { DIFFERENCE_KINDS, type Difference, type DifferenceKind } from '../rehearsal/compare.ts';
import type { Compared } from '../rehearsal/replay.ts';

/** One incident, as the shadow rules have it beside the running ones. */
export interface ShadowFinding {
  readonly number: number;
  readonly title: string;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  /** Who owns it, and would under either of them: whoever may not read about one of these may not read this. */
  readonly teams: readonly string[];
  /** Empty where both decide the same. */
  readonly differences: readonly Difference[];
}

/** What the shadow rules have said so far. */
export interface ShadowReport {
  /** Where they lie, as the configuration names it. */
  readonly rules: string;
  /** Epoch milliseconds: since when they have run. */
  readonly since: number;
  /** The newest ones first. */
  readonly findings: readonly ShadowFinding[];
  /** Incidents that could not be compared, and why; the newest ones first. */
  readonly skipped: readonly { readonly number: number; readonly why: string }[];
  /** How many incidents wait to be compared. */
  readonly behind: number;
  /** Why nothing is compared at the moment; '' where it is. */
  readonly trouble: string;
}

/** What is told of an incident that was played under both. */
export function findingOf(
  { number, team: owner }: Pick<Incident, 'number' | 'team'>,
  compared: readonly Compared[],
): ShadowFinding {
  const accounts = compared.flatMap(({ before, after }) => [before, after]).filter((account) => account !== null);
  const [first] = accounts;
  return {
    ...{ number, title: first?.title ?? '', openedAt: first?.openedAt ?? 0 },
    teams: [...new Set([owner, ...accounts.map(({ team }) => team)])].filter((team) => team !== ''),
    differences: compared.flatMap(({ differences }) => differences),
  };
}

/** In how many incidents each kind of thing is decided otherwise. */
export function countKinds(findings: readonly ShadowFinding[]): ReadonlyMap<DifferenceKind, number> {
  const counts = new Map<DifferenceKind, number>(DIFFERENCE_KINDS.map((kind) => [kind, 0]));
  for (const { differences } of findings)
    for (const kind of new Set(differences.map((one) => one.kind))) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Those that are decided otherwise. */
export function differing({ findings }: ShadowReport): readonly ShadowFinding[] {
  return findings.filter(({ differences }) => differences.length > 0);
}

/** What somebody may read of it: what is kept by a team, under either rules, is for those who may read details. */
export function seenBy(
  report: ShadowReport | null,
  confidential: (incident: { readonly team: string }) => boolean,
  mayReadDetails: boolean,
): ShadowReport | null {
  if (report === null || mayReadDetails) return report;
  const findings = report.findings.filter(({ teams }) => !teams.some((team) => confidential({ team })));
  return { ...report, findings };
}
