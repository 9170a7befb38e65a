import { route } from '../../../src/cli/route.ts';
import { load } from '../config/files.ts';

const MAIN = `sources:
  - { name: am, kind: alertmanager, labels: { environment: prod } }
channels:
  - { name: l2, kind: email, smtp_url: 'smtp://127.0.0.1', from: a@example.org, to: [b@example.org] }
  - { name: l3, kind: email, smtp_url: 'smtp://127.0.0.1', from: a@example.org, to: [c@example.org] }
  - { name: chat, kind: email, smtp_url: 'smtp://127.0.0.1', from: a@example.org, to: [d@example.org] }
  - { name: desk, kind: email, smtp_url: 'smtp://127.0.0.1', from: a@example.org, to: [e@example.org] }
teams:
  - { name: level2, channels: [l2] }
  - { name: level3, channels: [l3] }
  - { name: shop, channels: [chat], level3: [desk] }
owners:
  - { from: labels.team }
  - { from: service }
fallback: { notify: [desk] }
rule_files: [rules.yaml]
`;
const RULES = `escalation_policies:
  - name: quiet
    matchers: ['severity="info"']
    steps: [{ level: 2, notify: [level2] }]
  - name: default
    steps:
      - { level: 2, notify: [owner.level2, level2], ack_timeout: { P1: 5m, P2: 15m, P3: 4h, P4: off }, inform: [desk] }
      - { level: 3, notify: [owner.level3, level3], ack_timeout: 10m }
    max_time_at_level: { 2: { P2: 60m } }
    immediately: [{ priority: P1 }]
categories:
  - { id: dns, category: network-downtime, any: [{ words: [dns] }], weight: 5, reason: DNS does not answer }
services:
  - { name: checkout, team: shop, tier: 1, matchers: ['app="shop-checkout"'], depends_on: [psp], contacts: ['#shop'] }
  - { name: psp }
`;
const AT = '2026-01-05T03:00:00Z';

async function ask(labels: readonly string[], more: { at?: string; source?: string } = {}, main = MAIN) {
  const loaded = await load({ 'etc/main.yaml': main, 'etc/rules.yaml': RULES });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const text = route(loaded.config, { labels, format: 'json', at: AT, ...more }, 0);
  const json = JSON.parse(text) as {
    team: string | null;
    service: { name: string; known: boolean; team: string | null; tier: number | null } | null;
    category: { id: string };
    priority: string;
    labels: Record<string, string>;
    policy: { name: string; steps: { channels: string[]; ackTimeoutSeconds: Record<string, number | null> }[] };
    hears: { afterSeconds: number; at: string; level: string; purpose: string; channel: string }[];
  };
  return {
    ...json,
    heard: json.hears.map((one) => `${one.afterSeconds / 60} L${one.level} ${one.purpose} ${one.channel}`),
  };
}

describe('tierbell route', () => {
  it('names the service and the team that owns it by the catalogue', async () => {
    const told = await ask(['alertname=Slow', 'app=shop-checkout', 'severity=warning']);
    expect(told).toMatchObject({ team: 'shop', service: { name: 'checkout', known: true, team: 'shop', tier: 1 } });
    expect((await ask(['app=stranger'])).service).toEqual({ name: 'stranger', known: false, team: null, tier: null });
    expect((await ask(['alertname=Slow'])).service).toBeNull();
  });

  it('says who hears what at which minute while nobody answers, the owner first, to the end of the policy', async () => {
    const told = await ask(['alertname=DnsFails', 'team=shop', 'severity=critical']);
    expect(told).toMatchObject({ team: 'shop', priority: 'P2', category: { id: 'network-downtime' } });
    expect(told.heard).toEqual([
      ...['0 L2 page chat', '0 L2 page l2', '0 L2 inform desk'],
      ...['15 L3 escalation desk', '15 L3 escalation l3'],
      ...['25 L3 fallback desk', '25 L3 escalation desk', '25 L3 escalation l3'],
      ...['35 L3 fallback desk', '35 L3 escalation desk', '35 L3 escalation l3'],
      ...['45 L3 fallback desk', '45 L3 escalation desk', '45 L3 escalation l3'],
      '55 L3 fallback desk',
    ]);
    expect(told.hears[3]?.at).toBe('2026-01-05T03:15:00.000Z');
  });

  it('knows the time that a priority has, the labels of the source, and the policy that fits', async () => {
    const warned = await ask(['severity=warning', 'team="nobody of ours"']);
    expect(warned).toMatchObject({ priority: 'P3', team: null, labels: { environment: 'prod' } });
    expect(warned.heard.slice(0, 3)).toEqual(['0 L2 page l2', '0 L2 inform desk', '240 L3 escalation l3']);
    expect(warned.policy.steps[0]?.ackTimeoutSeconds).toEqual({ P1: 300, P2: 900, P3: 14_400, P4: null });
    const quiet = await ask(['severity=info']);
    expect(quiet).toMatchObject({ priority: 'P4', policy: { name: 'quiet' } });
    expect(quiet.heard).toEqual(['0 L2 page l2']);
  });

  it('prints a table that a person reads', async () => {
    const loaded = await load({ 'etc/main.yaml': MAIN, 'etc/rules.yaml': RULES });
    if (!loaded.ok) throw new Error('refused');
    const text = route(loaded.config, { labels: ['team=shop'], format: 'table', at: AT }, 0);
    expect(text).toContain(
      'Level 2: owner.level2, level2 → chat, l2; acknowledge within P1 5 min, P2 15 min, P3 4 h, P4 off',
    );
    expect(text).toMatch(
      /^15 min +2026-01-05 03:15 +3 +escalation +l3 +owner\.level3, level3 +nobody acknowledged in time$/m,
    );
  });

  it.each([
    [['team'], {}, 'found team, allowed are labels such as team=shop severity=critical'],
    [['team=shop'], { at: 'soon' }, '--at: found soon, allowed is a moment such as 2026-01-05T03:00:00Z'],
    [['team=shop'], { source: 'ma' }, '--source: found ma, allowed is am'],
  ])('refuses %j %j', async (labels, more, message) => {
    await expect(ask(labels, more)).rejects.toMatchObject({ message, status: 2 });
  });
});
