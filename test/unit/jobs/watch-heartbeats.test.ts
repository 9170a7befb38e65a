import { compileFixes } from '../../../src/fixes/select-fix.ts';
import type { Delivery } from '../../../src/inbox/inbox-reader.ts';
import { incidentId } from '../../../src/domain/incident.ts';
import { HEARTBEAT_MISSING, OWN_SOURCE } from '../../../src/incidents/rules.ts';
import { expireAlerts } from '../../../src/jobs/expire-alerts.ts';
import { passDeadline } from '../../../src/jobs/pass-deadline.ts';
import { takeDeliveries } from '../../../src/jobs/take-deliveries.ts';
import { watchHeartbeats } from '../../../src/jobs/watch-heartbeats.ts';
import { compileRules } from '../../../src/rules.ts';
import { createSource, sourceConfig } from '../../../src/sources/registry.ts';
import type { Source } from '../../../src/sources/source.ts';
import { MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { ADA } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';
import { load, MAIN, POLICY } from '../config/files.ts';

const RULES = rulesOf({ keepOpen: () => null });

let house: TestStore;
let inbox: Delivery[];
let sources: Map<string, Source>;
let upSince: number;

beforeEach(async () => {
  house = await openTestStore(RULES);
  inbox = [];
  sources = new Map([['am', watched()]]);
  upSince = house.time.now;
});
afterEach(() => house.close());

function watched(heartbeat: object | undefined = { matchers: ['alertname="Watchdog"'], interval: '150s' }): Source {
  const labels = { environment: 'prod' };
  return createSource(
    sourceConfig.parse({ name: 'am', kind: 'alertmanager', labels, ...(heartbeat === undefined ? {} : { heartbeat }) }),
  );
}

/** A delivery of one alert, taken at once. */
async function deliver(alertname: string, status: 'firing' | 'resolved' = 'firing'): Promise<void> {
  const alert = { status, labels: { alertname, severity: 'critical' }, startsAt: '2026-01-05T00:00:00Z' };
  const body = { version: '4', groupKey: `{}:{alertname="${alertname}"}`, status, receiver: 'r', alerts: [alert] };
  const seq = inbox.length + 1;
  const bytes = Buffer.from(JSON.stringify(body));
  inbox.push({ seq, id: `d${seq}`, source: 'am', receivedAt: house.time.now, body: bytes });
  const after = (from: number, limit: number): Delivery[] => inbox.filter((one) => one.seq > from).slice(0, limit);
  const parts = { store: house.store, sources, rules: () => RULES, seen: () => {}, log: () => {} };
  while (await takeDeliveries({ ...parts, inbox: { after, last: () => inbox.length, close: () => {} } }));
}

/** As the bridge does each second: what is due of deadlines, then the sweep. */
async function sweep(): Promise<void> {
  for (const job of await house.store.claim(['deadline'], 10, MINUTE))
    if (job.kind === 'deadline') await passDeadline(house, job);
  await expireAlerts({ store: house.store, rules: () => RULES, wall: () => house.time.now }, upSince);
  await watchHeartbeats({ store: house.store, sources, rules: () => RULES }, upSince);
}

async function pass(ms: number, beats = false): Promise<void> {
  for (let gone = 0; gone < ms; gone += 30 * SECOND) {
    house.pass(30 * SECOND);
    if (beats) await deliver('Watchdog');
    await sweep();
  }
}

async function incidents(): Promise<string[]> {
  const all = await house.read.incidents({}, 100, null);
  return all.map((incident) => `${incidentId(incident)} ${incident.status} ${incident.title}`).toReversed();
}

async function told(): Promise<string[]> {
  const rows = await house.store.db.selectFrom('jobs').select('payload').where('kind', '=', 'notify').execute();
  return rows.map(({ payload }) => {
    const { purpose, channel } = JSON.parse(payload) as { purpose: string; channel: string };
    return `${purpose} ${channel}`;
  });
}

const SILENT = 'TierbellHeartbeatMissing: am is silent: no Watchdog for 5 min';

it('a source that beats is no incident, however long; one that never beat is not waited for', async () => {
  await pass(30 * MINUTE);
  expect(await incidents()).toEqual([]);
  await pass(60 * MINUTE, true);
  expect(await incidents()).toEqual([]);
});

it('one that stops beating is told once, as the policy says, and ends by itself when it beats again', async () => {
  await pass(10 * MINUTE, true);
  await pass(5 * MINUTE);
  expect(await incidents()).toEqual([]);
  await pass(MINUTE);
  expect(await incidents()).toEqual([`INC-1 triggered ${SILENT}`]);
  expect(await told()).toEqual(['page l2-slack', 'inform desk-mail']);
  await pass(10 * MINUTE);
  expect((await house.incident()).impact.alerts).toBe(1);
  await pass(3 * MINUTE, true);
  expect(await incidents()).toEqual([`INC-1 resolved ${SILENT}`]);
});

it('another alert of the source is no beat, and neither is the end of one', async () => {
  await deliver('Watchdog');
  for (let minute = 0; minute < 6; minute++) {
    await deliver('Watchdog', 'resolved');
    await deliver('DiskFull');
    await pass(MINUTE);
  }
  expect((await incidents())[1]).toBe(`INC-2 triggered ${SILENT}`);
});

it('silent again within the hour: the same incident, opened again', async () => {
  await deliver('Watchdog');
  await pass(6 * MINUTE);
  await pass(5 * MINUTE, true);
  expect(await incidents()).toEqual([`INC-1 resolved ${SILENT}`]);
  await pass(6 * MINUTE);
  expect(await incidents()).toEqual([`INC-1 triggered ${SILENT}`]);
});

it('resolved by a person while it is silent it comes back, as nothing was mended', async () => {
  await deliver('Watchdog');
  await pass(6 * MINUTE);
  const { uid } = await house.incident();
  await house.store.transact(async (unit) => {
    await unit.incident(uid);
    unit.run(uid, { type: 'resolve', by: ADA, reason: '' });
  });
  await pass(14 * MINUTE);
  expect((await house.incident()).status).toBe('resolved');
  await pass(2 * MINUTE);
  expect((await house.incident()).status).toBe('triggered');
});

it('killed and started: what was armed stays armed, and an outage of ours is not taken for one of theirs', async () => {
  await deliver('Watchdog');
  house.pass(60 * MINUTE);
  await house.reopen();
  upSince = house.time.now;
  await sweep();
  await pass(4 * MINUTE);
  expect(await incidents()).toEqual([]);
  await pass(2 * MINUTE);
  expect(await incidents()).toEqual([`INC-1 triggered ${SILENT}`]);
  await house.reopen();
  upSince = house.time.now;
  await pass(10 * MINUTE);
  expect((await house.incident()).impact.alerts).toBe(1);
  expect((await house.incident()).firing).toBe(1);
});

it('watched no longer: it ends, and is armed anew by the next first beat only', async () => {
  await deliver('Watchdog');
  await pass(6 * MINUTE);
  sources.set('am', createSource(sourceConfig.parse({ name: 'am', kind: 'alertmanager' })));
  await pass(3 * MINUTE);
  expect(await incidents()).toEqual([`INC-1 resolved ${SILENT}`]);
  sources.set('am', watched());
  await pass(30 * MINUTE);
  expect(await incidents()).toEqual([`INC-1 resolved ${SILENT}`]);
});

it('beats are written at most once in some seconds', async () => {
  const last = async (): Promise<number> => {
    const query = house.store.db.selectFrom('meta').select('value').where('name', '=', 'heartbeat:am');
    return (JSON.parse((await query.executeTakeFirstOrThrow()).value) as { last: number }).last;
  };
  await deliver('Watchdog');
  const first = await last();
  house.pass(4 * SECOND);
  await deliver('Watchdog');
  expect(await last()).toBe(first);
  house.pass(2 * SECOND);
  await deliver('Watchdog');
  expect(await last()).toBe(first + 6 * SECOND);
});

it('goes by the first policy that fits the labels of the source; other troubles of ours go to the fallback', async () => {
  const loaded = await load({ 'etc/main.yaml': MAIN, 'etc/rules.yaml': POLICY });
  if (!loaded.ok) throw new Error('refused');
  const rules = compileRules(loaded.config, compileFixes([]));
  expect(rules.policyFor({ alertname: HEARTBEAT_MISSING }, OWN_SOURCE).name).toBe('default');
  expect(rules.policyFor({ alertname: 'TierbellDeliveryRefused' }, OWN_SOURCE).name).toBe('fallback');
  await deliver('Watchdog');
  await pass(6 * MINUTE);
  expect((await house.incident()).labels).toMatchObject({ environment: 'prod', about_source: 'am' });
});
