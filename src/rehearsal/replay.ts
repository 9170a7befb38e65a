import { accountOf, type Account } from './account.ts';
import { compareAccounts, type Difference } from './compare.ts';
import { Play } from './play.ts';
import { scriptOfRecording, type Recording } from './recording.ts';
import type { Stage } from './stage.ts';

/** What becomes of one trouble under two sets of rules; null on the side where it opens no incident. */
export interface Compared {
  readonly before: Account | null;
  readonly after: Account | null;
  readonly differences: readonly Difference[];
}

/** Plays recorded deliveries under these rules; nothing is sent. @returns an account of each incident, in order */
export async function replay(stage: Stage, recording: Recording): Promise<Account[]> {
  return (await playRecording(stage, recording)).accounts;
}

/** The same, and when something would come next by itself (epoch milliseconds; null where nothing is pending). */
export async function playRecording(
  stage: Stage,
  recording: Recording,
): Promise<{ readonly accounts: Account[]; readonly next: number | null }> {
  const play = new Play(stage, scriptOfRecording(recording));
  await play.until(recording.until);
  const accounts = play.incidents.map((incident) => accountOf(incident, play.world.timeline(incident.number)));
  return { accounts, next: play.nextMoment() };
}

/** Lays them side by side: those that were opened at the same moment by the same alert belong together. */
export function laySideBySide(before: readonly Account[], after: readonly Account[], toleranceMs = 0): Compared[] {
  const others = new Map(after.map((account) => [account.key, account]));
  const compared = before.map((account): Compared => {
    const other = others.get(account.key) ?? null;
    others.delete(account.key);
    return { before: account, after: other, differences: compareAccounts(account, other, toleranceMs) };
  });
  const alone = [...others.values()].map((account): Compared => ({
    before: null,
    after: account,
    differences: compareAccounts(null, account),
  }));
  return [...compared, ...alone];
}
