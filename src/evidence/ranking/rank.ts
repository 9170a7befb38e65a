import { readCue } from './cues.ts';
import { signedG, type LogGroup } from './log-group.ts';
import { sharedTraces } from './shared-traces.ts';
import { SIGNIFICANT, WEIGHTS } from './weights.ts';

/** NEW: the baselines have none. GONE: the incident has none. UP and DOWN: more or less often than expected. */
export type ChangeClass = 'NEW' | 'UP' | 'DOWN' | 'GONE';

export interface RankedGroup extends LogGroup {
  readonly class: ChangeClass;
  readonly score: number;
}

/** Highest score first; what scores the same in the order of its newest record. */
export function rankGroups(groups: readonly LogGroup[]): readonly RankedGroup[] {
  const tied = sharedTraces(groups, groups.map(newlyFails));
  return groups
    .map((group, index) => ({ ...group, class: classOf(group), score: scoreOf(group, tied[index]) }))
    .sort((a, b) => b.score - a.score || (b.examples[0]?.at ?? 0) - (a.examples[0]?.at ?? 0));
}

export function classOf({ observed, expected, change }: LogGroup): ChangeClass {
  if (observed === 0) return 'GONE';
  if (expected === 0) return 'NEW';
  return change >= 0 ? 'UP' : 'DOWN';
}

/** Whether it is a failure that is new, or more frequent than by chance. */
function newlyFails(group: LogGroup): boolean {
  if (severityOf(group) < Math.min(WEIGHTS.words.strong, WEIGHTS.level['error'] ?? 0)) return false;
  const change = classOf(group);
  return change === 'NEW' || (change === 'UP' && group.change >= SIGNIFICANT);
}

/**
 * How much a group explains: its severity, what changed and how certain that is, whether that began before the alert,
 * what else failed in the same requests, and how late it came last.
 * @param tied see {@link sharedTraces}
 */
export function scoreOf(group: LogGroup, tied = 0): number {
  const { observed, expected, change, recency } = group;
  const severity = severityOf(group);
  const late = WEIGHTS.recency * recency;
  switch (classOf(group)) {
    case 'NEW':
      return (
        severity +
        WEIGHTS.unseen * surprise(group) +
        WEIGHTS.certainlyUnseen * Math.min(1, Math.log10(1 + change) / 3) +
        WEIGHTS.afterAlert * group.late +
        WEIGHTS.sharedTraces * tied +
        late
      );
    case 'UP': {
      const times = Math.min(1, Math.log10(Math.max(1, observed / expected)));
      const certain = Math.min(1, change / SIGNIFICANT);
      return (
        severity * (WEIGHTS.asBefore + (1 - WEIGHTS.asBefore) * certain) +
        (WEIGHTS.risen * times + WEIGHTS.afterAlert * group.late + WEIGHTS.sharedTraces * tied) * certain +
        late
      );
    }
    default: {
      const { each, most } = WEIGHTS.fallen;
      const missing = Math.max(0, 1 - observed / Math.max(expected, observed, 1e-9));
      const certain = Math.min(most, each * Math.log(1 + Math.max(0, -change - SIGNIFICANT)));
      const worth = severity >= (WEIGHTS.level['warn'] ?? 0) ? WEIGHTS.fewerProblems : 1;
      // as before, it is worth what it says; what fell is worth that it fell
      return Math.max(
        observed === 0 ? 0 : (WEIGHTS.asBefore * severity * observed) / Math.max(expected, observed) + late,
        certain * missing * worth,
      );
    }
  }
}

/** 1 for what nobody ever said; less where others do, and it is no more than what was due here too. */
function surprise({ observed, dueFromElsewhere }: LogGroup): number {
  if (dueFromElsewhere === 0) return 1;
  return Math.min(1, Math.max(0, signedG(observed, dueFromElsewhere, 1)) / WEIGHTS.surprising);
}

/** What it says of itself, by its level; without one, what its words say. */
function severityOf({ level, template }: LogGroup): number {
  const stated = WEIGHTS.level[level] ?? WEIGHTS.level[''] ?? 0;
  if (level !== '') return stated;
  const { strength, denied } = readCue(template);
  return strength === 'none' || denied ? stated : Math.max(stated, WEIGHTS.words[strength]);
}
