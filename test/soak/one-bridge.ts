import { setTimeout as sleep } from 'node:timers/promises';
import { runTierbell } from '../helpers/run-program.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';
import { postAll, type OpenScene } from './scene.ts';

/** One bridge on its folder: started for each round, and killed in it. */
export const oneBridge: OpenScene = async (house, people) => {
  let last: Tierbell | null = null;
  return {
    async strike(names, afterMs) {
      people.newLife();
      const bridge = await startTierbell(house);
      const killed = sleep(afterMs).then(() => bridge.kill9());
      const answered = await postAll(names, () => bridge);
      await killed;
      return answered;
    },
    async survivor() {
      people.newLife();
      return (last = await startTierbell(house));
    },
    async recordHolds() {
      await last?.stop();
      return (await runTierbell(['audit', 'verify', '--storage.path', house.dataDir])).code === 0;
    },
    close: async () => void (await last?.stop()),
  };
};
