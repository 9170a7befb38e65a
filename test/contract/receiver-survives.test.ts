import { severityOf } from '../../src/domain/alert.ts';
import { MINUTE, rulesOf } from '../helpers/fake-rules.ts';
import { bodyOf, captured, openReplay, type Captured, type Replay } from '../helpers/replay.ts';

/** What a receiver must survive, number by number: of the recordings with Alertmanager 0.33, over a real store. */
describe('what a receiver must survive', () => {
  let replay: Replay;
  beforeEach(async () => {
    replay = await openReplay([{ name: 'am', kind: 'alertmanager' }], rulesOf({ mode: 'notify' }));
  });
  afterEach(() => replay.close());

  const requests = (name: string): Captured[] => captured(`alertmanager/am0.33.1_${name}.json`);
  const send = (request: Captured | undefined) => replay.post('am', bodyOf(request as Captured), request?.receivedAt);
  const play = async (...names: string[]): Promise<void> => {
    for (const request of names.flatMap(requests)) await send(request);
  };
  const states = async (): Promise<string[]> => (await replay.summary()).map((line) => line.split(':')[0] ?? '');
  const counted = async (number = 1): Promise<string[]> =>
    (await replay.timeline(number)).filter((text) => text.includes('firing now'));

  it('1. a retry that carries an old snapshot: an older firing never reopens', async () => {
    const all = requests('retry_sends_stale_snapshot');
    await send(all.at(-1));
    for (const late of all.slice(0, -1)) await send(late);
    await replay.wait(MINUTE);
    expect(await replay.alerts()).toEqual(['firing StaleRetry', 'resolved StaleRetry']);
    expect(await counted()).toHaveLength(1);
  });

  it('2. nothing closes on a truncated payload, whatever its status says; people are told why', async () => {
    const all = requests('truncated_max_alerts');
    for (const request of all) await send(request);
    expect(all.at(-1)?.body).toMatchObject({ status: 'resolved' });
    await replay.wait(30 * MINUTE);
    expect(await states()).toEqual(['INC-1 triggered, 0 firing']);
    expect((await replay.timeline()).join('\n')).toMatch(
      /left out 3 more \(max_alerts\), so nothing closes on this payload[^]*a person must say that it is over/,
    );
  });

  it('4. duplicates: of a split pair, of one that was killed, and over two routes', async () => {
    await play('ha_split_brain', 'ha_split_brain');
    expect([await states(), await counted()]).toEqual([['INC-1 triggered, 1 firing'], ['1 fired; 1 firing now']]);
    await play('restart_duplicates', 'restart_duplicates');
    expect(await counted(2)).toEqual(['1 fired; 1 firing now', '1 fired; 2 firing now']);
    await play('nested_routes_continue_db', 'nested_routes_continue_audit');
    expect([(await states()).length, await counted(3)]).toEqual([3, ['1 fired; 1 firing now']]);
  });

  it('5. a route edit changes the groupKey: the alerts stay with their incident', async () => {
    const all = requests('config_change_changes_groupkey');
    for (const request of all) await send(request);
    const keys = new Set(all.map(({ body }) => (body as { groupKey: string }).groupKey));
    expect([keys.size, await states()]).toEqual([2, ['INC-1 triggered, 2 firing']]);
  });

  it('6. a label is edited while it fires: the new alert stands beside the old one, then the old one resolves', async () => {
    const [first, both, resolved] = requests('rule_label_edited_while_firing');
    await send(first);
    expect(await states()).toEqual(['INC-1 triggered, 1 firing']);
    await send(both);
    expect(await states()).toEqual(['INC-1 triggered, 2 firing']);
    await send(resolved);
    expect(await states()).toEqual(['INC-1 triggered, 1 firing']);
  });

  it.each([
    [600, 300_000],
    [5_000, 1_500_000],
  ])('7. %i alerts in one body are one incident and one entry', async (count, atLeastBytes) => {
    const [one] = requests('firing_resolved_refire');
    const payload = one?.body as { alerts: { labels: object }[] };
    const alerts = Array.from({ length: count }, (_, n) => ({
      ...payload.alerts[0],
      ...{ fingerprint: n.toString(16).padStart(16, '0'), labels: { ...payload.alerts[0]?.labels, instance: `h${n}` } },
    }));
    const body = Buffer.from(JSON.stringify({ ...payload, alerts }));
    expect(body.length).toBeGreaterThan(atLeastBytes);
    await replay.post('am', body, one?.receivedAt);
    expect([await states(), await counted()]).toEqual([
      [`INC-1 triggered, ${count} firing`],
      [`${count} fired; ${count} firing now`],
    ]);
  });

  it('8. flapping is one incident; a Prometheus that dies resolves falsely, and its next firing is the same incident', async () => {
    await play('flapping');
    expect((await states()).length).toBe(1);
    await play('prometheus_dies_while_firing');
    expect((await states())[1]).toBe('INC-2 triggered, 0 firing');
    const [fires] = requests('prometheus_dies_while_firing');
    const again = JSON.parse(bodyOf(fires as Captured).toString()) as { alerts: object[] };
    const startsAt = new Date(replay.house.time.now + MINUTE).toISOString();
    again.alerts = again.alerts.map((alert) => ({ ...alert, startsAt }));
    await replay.wait(MINUTE);
    await replay.post('am', Buffer.from(JSON.stringify(again)));
    expect((await states())[1]).toBe('INC-2 triggered, 1 firing');
  });

  it('9. HTML, control characters, U+2028, failed templates and a severity "Critical " are read and shown harmless', async () => {
    await play('escaping_unicode_html', 'template_errors');
    const told = JSON.stringify([
      await replay.summary(),
      await replay.house.incident(1),
      await replay.house.incident(2),
    ]);
    // eslint-disable-next-line no-control-regex -- these must be gone
    expect(told).not.toMatch(/[\u0000-\u001f\u2028\u2029]|\\u0000|\\u001b/);
    expect(told).toContain('<error expanding template');
    const first = await replay.house.incident(1);
    expect([first.labels['severity'], severityOf(first.labels), first.severity]).toEqual([
      'Critical ',
      'critical',
      'critical',
    ]);
  });

  it('10. Watchdog fires for ever and is never an incident, without a word of configuration', async () => {
    await play('watchdog');
    expect(await states()).toEqual([]);
  });
});
