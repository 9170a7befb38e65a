import Database from 'better-sqlite3';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deliver } from '../helpers/incident-api.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const DELIVERIES = 400;
const ALERTS = 200;
/** Milliseconds, on a busy machine too; Kubernetes kills after 30 s, systemd after 90. */
const SOON = 25_000;

/** A large group that is an incident of its own. */
function large(index: number): object {
  const alertname = `Large${index}`;
  const alerts = Array.from({ length: ALERTS }, (_, n) => ({ labels: { alertname, instance: `host-${n}` } }));
  return alertmanagerPayload(alerts);
}

it('asked to stop with hundreds of deliveries still to be taken, it stops soon, and takes them after the next start', async () => {
  const smtp = await startSmtp();
  const configFile = writeConfiguration(smtp.url);
  const dataDir = temporaryFolder('data').path;
  const taken = (): number => {
    const store = new Database(join(dataDir, 'tierbell.sqlite'), { readonly: true });
    const row = store.prepare('SELECT count(*) AS n FROM alerts').get() as { n: number };
    store.close();
    return row.n;
  };
  const first = await startTierbell({ configFile, dataDir });
  const answers = await Promise.all(Array.from({ length: DELIVERIES }, (_, index) => deliver(first, large(index))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const passed = countAwakeMs();
  expect(await first.stop()).toMatchObject({ code: 0 });
  expect(passed()).toBeLessThan(SOON);
  expect(taken()).toBeLessThan(DELIVERIES * ALERTS);

  await startTierbell({ configFile, dataDir });
  await waitFor('every alert that was answered', () => taken() === DELIVERIES * ALERTS, { timeoutMs: 120_000 });
});
