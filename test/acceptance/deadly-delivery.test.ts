import { jest } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incidents } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(400_000);

/** As an operating system does where there is not enough memory: the process is gone in the middle of reading it. */
const DIES = `
import { isMainThread } from 'node:worker_threads';
const parse = JSON.parse;
if (!isMainThread) JSON.parse = (text, ...more) => {
  if (String(text).includes('"alertname":"Deadly"') && String(text).includes('"groupKey":"')) process.kill(process.pid, 'SIGKILL');
  return parse(text, ...more);
};
`;

describeWith('postgres', 'a delivery that kills every replica that takes it', () => {
  afterAll(stopEverything, 300_000);

  it('is set aside and told after some lives of two replicas, and what came with it is an incident', async () => {
    const smtp = await startSmtp();
    const postgres = await startPostgres();
    const preload = join(temporaryFolder('preload').path, 'dies.mjs');
    writeFileSync(preload, DIES);
    const configFile = writeConfiguration(smtp.url, { policies: [twoLevels('default', '15m')] });
    const env = { TIERBELL_STORAGE_URL: await postgres.freshUrl(), NODE_OPTIONS: `--import=${preload}` };
    let deaths = 0;
    let over = false;
    /** As a supervisor does: started again whenever it has ended. */
    const supervise = async (first: Tierbell | null): Promise<void> => {
      for (let running = first; !over;) {
        running ??= await startTierbell({ configFile, env }).catch(() => null);
        if (running === null) deaths += 1;
        else if ((await Promise.race([running.exited, ended])) !== 'over') deaths += 1;
        if (over) await running?.stop();
        running = null;
      }
    };
    let end: () => void = () => {};
    const ended = new Promise<'over'>((resolve) => (end = () => resolve('over')));
    const [one, other] = await Promise.all([startTierbell({ configFile, env }), startTierbell({ configFile, env })]);
    const answers = await Promise.all([deliver(one, firing('Before')), deliver(one, firing('Deadly'))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const supervised = [supervise(one), supervise(other)];
    const titles = (): string[] => smtp.mails.map(({ subject }) => subject);
    await waitFor(
      'people to hear of it',
      () => titles().some((subject) => subject.includes('TierbellDeliverySetAside')),
      {
        timeoutMs: 300_000,
      },
    );
    over = true;
    end();
    await Promise.all(supervised);
    const last = await startTierbell({ configFile, env });
    expect((await deliver(last, firing('After'))).status).toBe(200);
    await waitFor('what came behind it', async () =>
      (await incidents(last)).some(({ title }) => title.startsWith('After')),
    );
    const all = (await incidents(last)).map(({ title }) => title);
    expect(all.filter((title) => title.startsWith('Before'))).toHaveLength(1);
    expect(all.filter((title) => title.includes('SetAside'))).toHaveLength(1);
    expect(deaths).toBeLessThanOrEqual(9);
    await last.stop();
  });
});
