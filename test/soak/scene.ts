import { deliver } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import type { Tierbell } from '../servers/tierbell.ts';
import type { SoakHouse } from './house.ts';
import type { PeopleServer } from './people.ts';

/** What runs on one store, and what happens to it. */
export interface Scene {
  /** Posts all at once; after a while something is killed. @returns the alerts whose delivery was answered with 200 */
  strike(names: readonly string[], afterMs: number): Promise<string[]>;
  /** Nothing is killed any more: a bridge that sees it all through. */
  survivor(): Promise<Tierbell>;
  /** Ends what runs, in order, and has the record verified. */
  recordHolds(): Promise<boolean>;
  close(): Promise<void>;
}

export type OpenScene = (house: SoakHouse, people: PeopleServer, random: () => number) => Promise<Scene>;

/** Posts each to the bridge that is chosen for it. @returns those that were answered with 200 */
export async function postAll(names: readonly string[], choose: () => Tierbell): Promise<string[]> {
  const answered = await Promise.all(
    names.map(async (name) => {
      const answer = await deliver(choose(), firing(name, { instance: name.toLowerCase() })).catch(() => null);
      return answer?.status === 200 ? [name] : [];
    }),
  );
  return answered.flat();
}
