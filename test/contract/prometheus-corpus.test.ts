import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { HOUR, MINUTE, rulesOf, SECOND } from '../helpers/fake-rules.ts';
import { DAWN } from '../helpers/incident-world.ts';
import { bodyOf, captured, openReplay, type Replay } from '../helpers/replay.ts';

const PROM = { name: 'prom', kind: 'prometheus' };
const DISK = 'InstanceDiskAlmostFull: Disk /dev/nvme0n1p1 on db-7 is';

/** An alert as Prometheus posts it at a moment of the store's clock: vouched for over four minutes, as by default. */
function posted(name: string, nowMs: number, change: object = {}): object {
  return {
    labels: { alertname: name, instance: `${name}:9100`, severity: 'critical' },
    annotations: { summary: `${name} is there` },
    startsAt: new Date(DAWN).toISOString(),
    endsAt: new Date(nowMs + 4 * MINUTE).toISOString(),
    generatorURL: 'http://prometheus.example.org/graph',
    ...change,
  };
}

describe.each([
  'prometheus/prom2.42.0_posts_to_api_v2_alerts.json',
  'prometheus/prom3.5.3_posts_to_api_v2_alerts.json',
])('%s', (file) => {
  let replay: Replay;
  beforeEach(async () => {
    replay = await openReplay([PROM]);
  });
  afterEach(() => replay.close());

  it('fires, resolves, is told four times that it resolved, and fires again: one incident', async () => {
    const after: string[][] = [];
    for (const request of captured(file)) {
      await replay.post('prom', bodyOf(request), request.receivedAt);
      after.push(await replay.summary());
    }
    expect(after.map(([line, ...more]) => [line?.slice(0, 33), more.length])).toEqual([
      ...Array.from({ length: 2 }, () => ['INC-1 triggered, 1 firing: Instan', 0]),
      ...Array.from({ length: 4 }, () => ['INC-1 triggered, 0 firing: Instan', 0]),
      ...Array.from({ length: 12 }, () => ['INC-1 triggered, 1 firing: Instan', 0]),
    ]);
    expect((await replay.timeline()).filter((text) => text.includes('firing now'))).toEqual([
      '1 fired; 1 firing now',
      '1 resolved; 0 firing now',
      '1 fired; 1 firing now',
    ]);
    expect(replay.log).toEqual([]);
  });

  it('when it falls silent, the alert ends at its last end and says why', async () => {
    const requests = captured(file);
    for (const request of requests) await replay.post('prom', bodyOf(request), request.receivedAt);
    const [last] = (requests.at(-1)?.body ?? []) as { endsAt: string }[];
    await replay.wait(Date.parse(last?.endsAt ?? '') - replay.house.time.now - 10);
    expect((await replay.house.incident()).firing).toBe(1);
    await replay.wait(10);
    expect((await replay.house.incident()).firing).toBe(0);
    expect(await replay.timeline()).toContain('1 not sent again in time and counted as resolved; 0 firing now');
    await replay.wait(2 * MINUTE + SECOND);
    expect(await replay.summary()).toEqual([expect.stringContaining(`INC-1 resolved, 0 firing: ${DISK}`)]);
  });

  it("bears Alertmanager's fingerprint", () => {
    const [request] = captured(file);
    const [alert] = createSource(sourceConfig.parse(PROM)).parse(request?.body, DAWN).groups[0]?.alerts ?? [];
    expect(alert?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(alert).toMatchObject({ status: 'firing', labels: { alertname: 'InstanceDiskAlmostFull' } });
  });
});

describe('Prometheus that posts directly', () => {
  let replay: Replay;
  beforeEach(async () => {
    replay = await openReplay([PROM, { name: 'am', kind: 'alertmanager' }], rulesOf({ resolveHoldMs: 2 * MINUTE }));
  });
  afterEach(() => replay.close());
  const send = (...alerts: object[]) => replay.post('prom', Buffer.from(JSON.stringify(alerts)));
  const now = () => replay.house.time.now;

  it('groups by alertname, as it knows no groups', async () => {
    await send(
      posted('DiskFull', now()),
      posted('ApiDown', now()),
      posted('DiskFull', now(), { labels: { alertname: 'DiskFull', instance: 'b' } }),
    );
    expect(await replay.summary()).toEqual([
      'INC-1 triggered, 2 firing: DiskFull: DiskFull is there',
      'INC-2 triggered, 1 firing: ApiDown: ApiDown is there',
    ]);
  });

  it('an alert that is sent each minute goes on for hours without a word in the timeline', async () => {
    await send(posted('DiskFull', now()));
    const before = await replay.timeline();
    for (let minute = 0; minute < 90; minute++) {
      await replay.wait(MINUTE);
      await send(posted('DiskFull', now()));
    }
    expect((await replay.house.incident()).firing).toBe(1);
    expect((await replay.timeline()).filter((text) => text.includes('firing now'))).toEqual(['1 fired; 1 firing now']);
    expect(before.length).toBeGreaterThan(0);
  });

  it('some end while others are renewed; ended in one go, one entry an incident', async () => {
    const all = ['a', 'b', 'c', 'd'].map(
      (host) => (at: number) => posted('DiskFull', at, { labels: { alertname: 'DiskFull', instance: host } }),
    );
    await send(...all.map((make) => make(now())));
    await replay.wait(3 * MINUTE);
    await send(...all.slice(2).map((make) => make(now())));
    await replay.wait(2 * MINUTE);
    expect(await replay.alerts()).toEqual([
      'firing DiskFull c',
      'firing DiskFull d',
      'resolved DiskFull a',
      'resolved DiskFull b',
    ]);
    expect(await replay.timeline()).toContain('2 not sent again in time and counted as resolved; 2 firing now');
  });

  it('an alert that expired because the network was cut fires again, although its beginning is old', async () => {
    await send(posted('DiskFull', now()));
    await replay.wait(5 * MINUTE);
    expect((await replay.house.incident()).firing).toBe(0);
    await send(posted('DiskFull', now()));
    expect((await replay.house.incident()).firing).toBe(1);
    await replay.wait(3 * MINUTE);
    expect(await replay.summary()).toEqual([expect.stringContaining('INC-1 triggered, 1 firing')]);
  });

  it('and also after the incident was resolved and is out of reach: then it is a new one', async () => {
    await send(posted('DiskFull', now()));
    await replay.wait(10 * MINUTE);
    await replay.wait(HOUR);
    await send(posted('DiskFull', now()));
    expect((await replay.summary()).map((line) => line.slice(0, 25))).toEqual([
      'INC-1 resolved, 0 firing:',
      'INC-2 triggered, 1 firing',
    ]);
  });

  it('an outage of ours ends nothing: after a start each alert has as long as it was vouched for', async () => {
    await send(posted('DiskFull', now()), posted('ApiDown', now()));
    await replay.restart(HOUR);
    await replay.wait(3 * MINUTE);
    await send(posted('DiskFull', now()));
    await replay.wait(30 * SECOND);
    expect([(await replay.house.incident(1)).firing, (await replay.house.incident(2)).firing]).toEqual([1, 1]);
    await replay.wait(MINUTE);
    expect([(await replay.house.incident(1)).firing, (await replay.house.incident(2)).firing]).toEqual([1, 0]);
  });

  it('a step of the clock ends nothing early', async () => {
    await send(posted('DiskFull', now()));
    replay.house.time.now += HOUR; // the machine's clock jumps; the monotonic one does not
    await replay.wait(2 * MINUTE);
    expect((await replay.house.incident()).firing).toBe(1);
  });

  it('what an incident that was closed by hand held is found once and never again', async () => {
    await send(posted('DiskFull', now()));
    const { uid } = await replay.house.incident();
    for (const type of ['resolve', 'close'] as const)
      await replay.house.store.transact(async (unit) => {
        await unit.incident(uid);
        unit.run(uid, { type, by: { kind: 'person', name: 'ada' }, reason: '' });
      });
    await replay.wait(5 * MINUTE);
    const rows = await replay.house.store.db.selectFrom('alerts').select('status').execute();
    expect(rows).toEqual([{ status: 'resolved' }]);
    expect(await replay.summary()).toEqual([expect.stringContaining('INC-1 closed')]);
  });

  it('an alert of Alertmanager never expires', async () => {
    const alert = { status: 'firing', labels: { alertname: 'ApiDown' }, startsAt: new Date(DAWN).toISOString() };
    await replay.post('am', Buffer.from(JSON.stringify({ alerts: [{ ...alert, endsAt: '2026-01-05T03:00:01Z' }] })));
    await replay.wait(HOUR);
    expect((await replay.house.incident()).firing).toBe(1);
  });

  it('two Prometheus of one pair renew the same alert; it ends when both are silent', async () => {
    await send(posted('DiskFull', now()));
    await replay.wait(30 * SECOND);
    await send(posted('DiskFull', now(), { endsAt: new Date(now() + MINUTE).toISOString() }));
    await replay.wait(3 * MINUTE);
    expect((await replay.house.incident()).firing).toBe(1);
    await replay.wait(MINUTE);
    expect((await replay.house.incident()).firing).toBe(0);
  });

  it('a thousand alerts in batches of 64 and 256 end together, in one set', async () => {
    const alerts = Array.from({ length: 1200 }, (_, n) =>
      posted('Many', now(), { labels: { alertname: 'Many', instance: `h${n}` } }),
    );
    for (let start = 0; start < alerts.length; start += 256) await send(...alerts.slice(start, start + 256));
    expect((await replay.house.incident()).firing).toBe(1200);
    await replay.wait(4 * MINUTE);
    expect((await replay.house.incident()).firing).toBe(0);
  });
});

describe('an alert that is posted directly', () => {
  const source = createSource(sourceConfig.parse({ ...PROM, labels: { environment: 'prod' } }));
  const read = (raw: object) => source.parse([{ labels: { alertname: 'A' }, ...raw }], DAWN).groups[0]?.alerts[0];
  const at = (offsetMs: number): string => new Date(DAWN + offsetMs).toISOString();

  it.each<[string, object, string, number | null]>([
    ['an end ahead', { endsAt: at(MINUTE) }, 'firing', DAWN + MINUTE],
    ['an end that is now', { startsAt: at(-HOUR), endsAt: at(0) }, 'resolved', DAWN],
    ['an end that has passed', { startsAt: at(-HOUR), endsAt: at(-MINUTE) }, 'resolved', DAWN - MINUTE],
    ['no end', {}, 'firing', DAWN + 5 * MINUTE],
    ["Go's zero time", { endsAt: '0001-01-01T00:00:00Z' }, 'firing', DAWN + 5 * MINUTE],
    ['an end that is no date', { endsAt: 'soon' }, 'firing', DAWN + 5 * MINUTE],
    ['an end in the year 9999', { endsAt: '9999-12-31T23:59:59Z' }, 'firing', Date.parse('9999-12-31T23:59:59Z')],
    ['a status of its own', { status: 'resolved', endsAt: at(MINUTE) }, 'firing', DAWN + MINUTE],
  ])('with %s', (_what, raw, status, endsAt) => {
    expect(read(raw)).toMatchObject({ status, endsAt });
  });

  it('its fingerprint is over its own labels that are not empty, whatever it claims', () => {
    const labels = { alertname: 'OnlyLabels', scenario: 'direct1', empty: '' };
    expect(read({ labels, fingerprint: '0123456789abcdef' })).toMatchObject({
      fingerprint: '7d9650ca5a4ee963',
      labels: { alertname: 'OnlyLabels', scenario: 'direct1', environment: 'prod' },
    });
  });
});
