import { jest } from '@jest/globals';
import { writeConfiguration, type Configuration } from '../helpers/configuration.ts';
import { deliver, incidents, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startHttpSink, type HttpSink } from '../servers/http-sink.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const NAMES = ['l2', 'l3', 'security', 'shop', 'desk'];

/** Every channel is a webhook to one sink, its name the path. */
function configure(sink: HttpSink, more: Configuration['main'] = {}): string {
  const channels = NAMES.map((name) => ({ name, kind: 'webhook', url: `${sink.url}/${name}` }));
  return writeConfiguration('smtp://127.0.0.1:9', {
    main: {
      sources: [
        { name: 'am', kind: 'alertmanager', heartbeat: { matchers: ['alertname="Watchdog"'], interval: '3s' } },
      ],
      channels,
      teams: [
        { name: 'level2', channels: ['l2'] },
        { name: 'level3', channels: ['l3'] },
        { name: 'team-security', channels: ['security'], confidential: true },
        { name: 'team-shop', channels: ['shop'] },
      ],
      owners: [{ category: 'data-security-breach', team: 'team-security' }, { from: 'labels.team' }],
      fallback: { notify: ['desk'] },
      ...more,
    },
    categories: [
      {
        id: 'keys',
        category: 'data-security-breach',
        any: [{ matchers: ['alertname="KeysWereRead"'] }],
        weight: 9,
        reason: 'Keys were read by a stranger',
      },
    ],
    policies: [
      {
        name: 'default',
        steps: [
          { level: 2, notify: ['owner.level2', 'level2'], ack_timeout: '2s' },
          { level: 3, notify: ['owner.level3', 'level3'], ack_timeout: '15m' },
        ],
      },
    ],
  });
}

interface Heard {
  readonly type: string;
  readonly data: { readonly message: { readonly headline: string }; readonly attachments: readonly unknown[] };
}

/** What came over a channel of an incident. */
function heard(sink: HttpSink, channel: string, id: string): { purpose: string; text: string; body: Heard }[] {
  return sink.requests
    .filter(({ path, text }) => path === `/${channel}` && text.includes(`"${id}"`))
    .map((request) => {
      const body = request.json() as Heard;
      return { purpose: body.type.replace('incident.', ''), text: request.text, body };
    });
}

describe('owners', () => {
  it('the team of the label is told beside Level 2; what a confidential team owns is told in full to nobody else', async () => {
    const sink = await startHttpSink();
    const bridge = await startTierbell({ configFile: configure(sink) });
    await deliver(bridge, firing('CheckoutDown', { team: 'team-shop' }));
    const second = await deliver(bridge, firing('KeysWereRead', { instance: 'vault-1', team: 'team-shop' }));
    expect(second.status).toBe(200);
    const shop = await waitForIncident(bridge, { alertname: 'CheckoutDown' });
    const breach = await waitForIncident(bridge, { alertname: 'KeysWereRead' });
    expect([shop, breach]).toMatchObject([{ team: 'team-shop' }, { team: 'team-security' }]);
    await waitFor(
      'both to be at Level 3, told',
      () =>
        [shop.id, breach.id].every((id) => heard(sink, 'l3', id).some(({ purpose }) => purpose === 'escalation')) &&
        heard(sink, 'security', breach.id).some(({ purpose }) => purpose === 'escalation') &&
        [shop.id, breach.id].every((id) => heard(sink, 'l2', id).some(({ purpose }) => purpose === 'page')) &&
        heard(sink, 'shop', shop.id).some(({ purpose }) => purpose === 'page'),
    );
    const first = (channel: string, id: string) => heard(sink, channel, id).find(({ purpose }) => purpose === 'page');
    expect(first('shop', shop.id)?.text).toContain('CheckoutDown');
    expect(first('l2', shop.id)?.text).toContain('CheckoutDown');
    expect(heard(sink, 'shop', breach.id)).toEqual([]);
    const own = heard(sink, 'security', breach.id);
    expect(own[0]?.text).toContain('vault-1');
    expect(own.find(({ purpose }) => purpose === 'escalation')?.body.data.attachments).toHaveLength(2);
    const others = [...heard(sink, 'l2', breach.id), ...heard(sink, 'l3', breach.id)];
    expect(others.length).toBeGreaterThanOrEqual(2);
    for (const { text, body } of others) {
      expect(text).not.toMatch(/KeysWereRead|vault-1|breach|stranger/);
      expect(body.data.message.headline).toContain(`${breach.id} of team team-security`);
      expect(body.data.attachments).toEqual([]);
    }
  });
});

describe('a heartbeat', () => {
  it('that stops is an incident, also when the bridge was killed meanwhile, and Level 2 hears of it', async () => {
    const sink = await startHttpSink();
    const settings = { configFile: configure(sink), dataDir: temporaryFolder('heartbeat').path };
    const before = await startTierbell(settings);
    await deliver(before, firing('Watchdog'));
    await before.kill9();
    const bridge = await startTierbell(settings);
    const silent = await waitForIncident(bridge, { alertname: 'TierbellHeartbeatMissing' });
    expect(silent).toMatchObject({ title: 'TierbellHeartbeatMissing: am is silent: no Watchdog for 6 s' });
    await waitFor('Level 2 to be told', () => heard(sink, 'l2', silent.id).length > 0);
    await deliver(bridge, firing('Watchdog'));
    await waitFor('its alert to end', async () =>
      (await timeline(bridge, silent.id)).some(({ text }) => text.startsWith('1 resolved')),
    );
    expect((await incidents(bridge)).map(({ alerts }) => alerts[0]?.labels['alertname'])).not.toContain('Watchdog');
  });
});

describe('mode: observe', () => {
  it('tells what was found over the channel that observes, and nobody else, for as long as it lasts', async () => {
    const sink = await startHttpSink();
    const channels = [
      ...NAMES.map((name) => ({ name, kind: 'webhook', url: `${sink.url}/${name}` })),
      { name: 'watch', kind: 'webhook', url: `${sink.url}/watch`, observe: true },
    ];
    const bridge = await startTierbell({ configFile: configure(sink, { mode: 'observe', channels }) });
    await deliver(bridge, firing('CheckoutDown', { team: 'team-shop' }));
    const shown = await waitForIncident(bridge, { alertname: 'CheckoutDown' });
    await waitFor('the watchers to be told', () => heard(sink, 'watch', shown.id).length > 0);
    expect(heard(sink, 'watch', shown.id)[0]).toMatchObject({ purpose: 'observed' });
    // Longer than Level 2 would have had: a second incident passes through meanwhile.
    await deliver(bridge, firing('DiskFull'));
    const second = await waitForIncident(bridge, { alertname: 'DiskFull' });
    await waitFor('the second to be told', () => heard(sink, 'watch', second.id).length > 0);
    await waitFor('Level 2 to have been silent for 3 s', () => Date.now() - Date.parse(shown.createdAt) > 3_000);
    expect(sink.requests.filter(({ path }) => path !== '/watch')).toEqual([]);
    expect((await waitForIncident(bridge, { alertname: 'CheckoutDown' })).level).toBe('2');
  });
});
