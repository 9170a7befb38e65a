import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT } from '../helpers/project.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';
import { postAll, type OpenScene } from './scene.ts';

const STARTS = 5;
/** Of three strikes one hits the database, the others a replica. */
const DATABASE_SHARE = 1 / 3;
/** A message of the one that was killed may still be on its way so long; the other sends it again 5 s later at the earliest. */
const ON_ITS_WAY_MS = 1_000;

/**
 * Two replicas on one PostgreSQL, to both of which the alerts come. One of them is killed, or the database is, as if the
 * power had gone; what was killed is started again, while the others go on.
 */
export const twoReplicas: OpenScene = async (house, people, random) => {
  mkdirSync(join(PROJECT, 'data'), { recursive: true });
  const folder = mkdtempSync(join(PROJECT, 'data', 'soak-postgres-'));
  chmodSync(folder, 0o755); // its server runs as somebody else
  const postgres = await startPostgres(folder);
  const url = await postgres.freshUrl();
  const env = { TIERBELL_STORAGE_URL: url };
  const start = (): Promise<Tierbell> => supervised(() => startTierbell({ ...house, env }));
  const replicas = [await start(), await start()] as [Tierbell, Tierbell];
  const stopAll = async (): Promise<void> => void (await Promise.all(replicas.map((one) => one.stop())));
  people.newLife();
  return {
    async strike(names, afterMs) {
      const victim = random() < DATABASE_SHARE ? null : random() < 0.5 ? 0 : 1;
      const struck = sleep(afterMs).then(async () => {
        if (victim === null) await postgres.crash();
        else await replicas[victim].kill9();
      });
      const answered = await postAll(names, () => replicas[random() < 0.5 ? 0 : 1]);
      await struck;
      if (victim === null) await postgres.start();
      else {
        await sleep(ON_ITS_WAY_MS);
        people.newLife();
        replicas[victim] = await start();
      }
      return answered;
    },
    survivor: async () => replicas[0],
    async recordHolds() {
      await stopAll();
      return (await runTierbell(['audit', 'verify'], { env })).code === 0;
    },
    async close() {
      await stopAll();
      await postgres.remove();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** As a supervisor does: what could not start, as the machine stood still, is started again. */
async function supervised(start: () => Promise<Tierbell>): Promise<Tierbell> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === STARTS) throw error;
    }
  }
}
