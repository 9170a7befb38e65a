import type { Alert } from '../../src/domain/alert.ts';
import { labelSet } from '../../src/domain/alert.ts';
import type { Attempt, Evidence } from '../../src/domain/incident.ts';
import type { Command } from '../../src/incidents/command.ts';
import type { Rules } from '../../src/incidents/rules.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { MINUTE, SECOND, judged, rulesOf } from './fake-rules.ts';
import { ADA, alertOf, attemptOf, evidenceOf, groupOf } from './incident-world.ts';
import { aroundSamples } from './around-samples.ts';

/** What markup, scripts and tricks of writing direction look like in an alert. */
export const HOSTILE = '<script>document.title="pwned"</script><img src=x onerror=alert(1)> \u202Egnp.exe';

/** One incident of the sample: how long ago its alerts fired, and what became of it. */
interface Story {
  readonly minutesAgo: number;
  readonly alerts: (at: number) => readonly Alert[];
  readonly rules?: Partial<Rules>;
  readonly then?: (at: number) => readonly Command[];
}

/** Fills a store's folder with incidents as a bad night leaves them; every text is what a person would read. */
export async function fillConsole(folder: string, stories: readonly Story[] = STORIES): Promise<void> {
  const db = await openSqlite(folder);
  let wall = Date.now();
  let rules: Rules = rulesOf();
  const clock = { wall: () => wall, monotonic: () => wall };
  const open = () => openStore({ db, rules: () => rules, clock, onCommitted() {}, onClockStep() {} });
  const sorted = [...stories].sort((a, b) => b.minutesAgo - a.minutesAgo);
  wall = Date.now() - (sorted[0]?.minutesAgo ?? 0) * MINUTE - MINUTE;
  const store = await open();
  for (const [index, story] of sorted.entries()) {
    wall = Date.now() - story.minutesAgo * MINUTE;
    rules = rulesOf({ groupingBy: ['groupKey'], ...story.rules });
    await tell(store, index, story, wall, (at) => (wall = at));
  }
  await db.deleteFrom('jobs').execute(); // nobody is told of stories
  await store.close();
}

async function tell(
  store: Store,
  index: number,
  story: Story,
  at: number,
  setWall: (at: number) => void,
): Promise<void> {
  await store.transact(async (unit) => {
    const alerts = story.alerts(at);
    await unit.preload(
      alerts.map((alert) => ({ source: 'am', alert })),
      [],
    );
    await observeGroup(unit, `delivery-${index}`, groupOf(alerts, { groupKey: `story-${index}` }), ['groupKey']);
  });
  const { uid } = await store.db
    .selectFrom('incidents')
    .select('uid')
    .orderBy('number', 'desc')
    .executeTakeFirstOrThrow();
  for (const [step, command] of (story.then?.(at) ?? []).entries()) {
    setWall(Math.min(Date.now(), at + (step + 1) * 20 * SECOND));
    await store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, command);
    });
  }
}

function logs(at: number, more: Partial<Evidence> = {}, around: readonly Evidence[] = []): Command {
  const line = (offset: number, level: string, text: string, count: number) => ({
    ...{ at: at + offset, level, service: 'checkout', text, count },
  });
  const evidence = evidenceOf({
    reason: '14 error lines of 3 kinds around the alert, none in the hour before.',
    windows: [
      { name: 'incident', from: at - 600_000, to: at + 120_000, records: 412, sampled: false },
      { name: 'before', from: at - 4_200_000, to: at - 600_000, records: 20_431, sampled: true },
    ],
    counts: { error: 14, warn: 3, info: 395 },
    lines: [
      line(-4_000, 'error', 'dial tcp 10.4.0.7:5432: connect: connection refused', 12),
      line(
        -2_000,
        'error',
        'PaymentError: no connection to the ledger\n  at pay (/srv/checkout/pay.js:41:9)\n  at handle (/srv/checkout/http.js:88:3)',
        1,
      ),
      line(
        -1_000,
        'warn',
        'retrying in 500 ms, attempt 3 of 5, correlation id 8b1d4c0a-55d1-4e3c-9b0b-0a4f3f2f6c11',
        3,
      ),
      line(0, 'info', 'pool exhausted: 20 of 20 connections in use', 1),
    ],
    scope: 'service = checkout',
    url: 'https://kibana.example.org/app/discover#/?_a=1',
    at: at + 5_000,
    ...more,
  });
  return { type: 'evidence', evidence, logLines: [], around };
}

function told(channel: string, purpose: 'page' | 'escalation' = 'page'): Command {
  return { type: 'notified', channel, recipient: channel, purpose, detail: 'accepted by the server' };
}

function fixed(state: Attempt['state'], at: number, more: Partial<Attempt> = {}): Command {
  const attempt = attemptOf(state, {
    fix: 'restart-unit',
    title: 'Restart the failed systemd unit',
    target: 'shop-1',
    startedAt: at + 1_000,
    finishedAt: at + 9_000,
    ...more,
  });
  return { type: 'fix_state', attempt };
}

const CHECKOUT = { service: 'checkout', team: 'shop', environment: 'prod' };

export const STORIES: readonly Story[] = [
  {
    minutesAgo: 12,
    alerts: (at) =>
      ['shop-1', 'shop-2', 'shop-3'].map((host) => ({
        ...alertOf(host, { name: 'CheckoutErrors', labels: CHECKOUT, startsAt: at - 90_000 }),
        annotations: labelSet([
          ['summary', 'Checkout answers 12 % of requests with 500'],
          ['runbook_url', 'https://wiki.example.org/runbooks/checkout'],
          ['dashboard', 'https://grafana.example.org/d/checkout'],
        ]),
        generatorURL: 'http://prometheus.example.org:9090/graph?g0.expr=rate',
      })),
    rules: {
      classify: () => ({
        category: 'cloud-service-interruption',
        confidence: 0.82,
        method: 'rule',
        reasons: ['Requests to a service fail (rule service-5xx)', 'The log says "connection refused" (rule refused)'],
        alternatives: [
          { category: 'network-downtime', confidence: 0.12 },
          { category: 'other', confidence: 0.06 },
        ],
      }),
    },
    then: (at) => [logs(at, {}, aroundSamples(at)), told('l2-slack')],
  },
  {
    minutesAgo: 47,
    alerts: (at) => [
      alertOf('db-1', { name: 'SystemdUnitFailed', labels: { name: 'postgresql.service', ...CHECKOUT }, startsAt: at }),
    ],
    rules: {
      selectFix: () => ({
        id: 'restart-unit',
        title: 'Restart the failed systemd unit',
        mode: 'automatic',
        overdueMs: 720_000,
      }),
      classify: () => judged('software-installation-failure', 0.91),
    },
    then: (at) => [
      logs(at, {
        state: 'unavailable',
        reason: 'Elasticsearch did not answer within 5 s; look in Kibana yourself, or see "elk" in the configuration.',
        counts: {},
        lines: [],
        windows: [],
      }),
      fixed('failed', at, {
        exitCode: 1,
        reasons: ['the command ended with exit status 1'],
        output:
          'Job for postgresql.service failed because the control process exited with error code.\nSee "systemctl status postgresql.service" and "journalctl -xe" for details.\n',
      }),
      told('l2-slack'),
      { type: 'acknowledge', by: ADA, takeover: false },
      { type: 'note', by: ADA, note: 'The disk of db-1 is full: 0 bytes left on /var.\nI am moving old WAL away now.' },
      {
        ...{
          type: 'assess',
          by: ADA,
          urgency: 'high',
          impact: 'Every order fails',
          observations: 'Disk full since 02:55',
        },
        openQuestions: 'Why did the archive job stop on Friday?',
      },
      { type: 'escalate', by: ADA, level: '3', reason: 'needs the database team' },
      {
        type: 'notice_failed',
        channel: 'l3-mail',
        recipient: 'l3@example.org',
        purpose: 'escalation',
        detail: '550 mailbox full',
      },
      { type: 'acknowledge', by: ADA, takeover: false },
    ],
  },
  {
    minutesAgo: 5,
    alerts: (at) =>
      Array.from({ length: 230 }, (_, i) =>
        alertOf(`node-${i}`, {
          name: 'NodeNetworkReceiveErrors',
          labels: { device: 'eth0', rack: `r${i % 12}`, ...CHECKOUT, service: 'core-network' },
          startsAt: at - i * 100,
        }),
      ),
    rules: { classify: () => judged('network-downtime', 0.77) },
    then: (at) => [
      logs(at, { state: 'partial', reason: 'Two of five shards failed; what came is shown.' }),
      told('l2-slack'),
      told('l3-hook'),
    ],
  },
  {
    minutesAgo: 3,
    alerts: (at) => [
      {
        ...alertOf('x', {
          name: HOSTILE,
          labels: { severity: 'warning', service: HOSTILE, team: '"><b>team', link: 'javascript:alert(1)' },
          startsAt: at,
        }),
        annotations: labelSet([
          [
            'summary',
            `${HOSTILE} ${'A very long title that goes on and on because somebody put a whole paragraph into it. '.repeat(3)}`,
          ],
          ['runbook_url', 'javascript:alert(document.cookie)'],
          ['__proto__', 'https://example.org/"onmouseover="alert(1)'],
        ]),
        generatorURL: '',
      },
    ],
    rules: {
      classify: () => ({
        category: 'unclassified',
        confidence: 0.31,
        method: 'rule',
        reasons: [],
        alternatives: [{ category: 'other', confidence: 0.31 }],
      }),
    },
    then: (at) => [
      logs(
        at,
        {
          lines: [{ at, level: HOSTILE, service: HOSTILE, text: HOSTILE, count: 2 }],
          scope: HOSTILE,
          url: 'javascript:alert(1)',
        },
        aroundSamples(at, HOSTILE),
      ),
      { type: 'note', by: { kind: 'person', name: '<i>eve</i>' }, note: HOSTILE },
    ],
  },
  {
    minutesAgo: 180,
    alerts: (at) => [
      alertOf('web-9', {
        name: 'TLSCertificateExpiresSoon',
        labels: { severity: 'warning', service: 'www', team: 'web' },
        startsAt: at,
      }),
    ],
    rules: { classify: () => judged('other', 0.95) },
    then: () => [
      { type: 'acknowledge', by: ADA, takeover: false },
      { type: 'resolve', by: ADA, reason: 'Certificate renewed by hand' },
    ],
  },
  {
    minutesAgo: 0.5,
    alerts: (at) => [
      alertOf('auth-1', { name: 'LoginsFromNewCountry', labels: { service: 'auth', team: 'security' }, startsAt: at }),
    ],
    rules: { classify: () => judged('data-security-breach', 0.6), procedure: () => [] },
  },
];
