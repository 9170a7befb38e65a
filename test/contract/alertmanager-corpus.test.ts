/**
 * What real Alertmanagers sent (0.25 and 0.33, recorded), through the real source, correlation, decisions and store: what
 * the incidents look like when it is over and three more minutes have passed. Requests that the recording's receiver
 * refused or kept waiting are taken here all the same: their retries then are duplicates.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { label } from '../../src/domain/alert.ts';
import type { Delivery } from '../../src/inbox/inbox-reader.ts';
import { fold } from '../../src/incidents/evolve.ts';
import { findBreak, openEntry } from '../../src/incidents/timeline.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { passDeadline } from '../../src/jobs/pass-deadline.ts';
import { takeDeliveries } from '../../src/jobs/take-deliveries.ts';
import { canonicalState } from '../helpers/canonical-state.ts';
import { judged, MINUTE, rulesOf, SECOND } from '../helpers/fake-rules.ts';
import { openTestStore, type TestStore } from '../helpers/open-test-store.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'alertmanager');
const VERSIONS = ['am0.25.0', 'am0.33.1'];
const HEARTBEAT = { matchers: ['alertname="Watchdog"'] };
const source = createSource(sourceConfig.parse({ name: 'am', kind: 'alertmanager', heartbeat: HEARTBEAT }));

interface Captured {
  readonly receivedAt: string;
  readonly body: { readonly alerts?: readonly { readonly startsAt: string }[] };
}

function requestsOf(files: readonly string[]): Captured[] {
  const all = files.flatMap(
    (file) => (JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as { requests: Captured[] }).requests,
  );
  return all.filter(({ body }) => typeof body === 'object' && body !== null && body.alerts !== undefined);
}

/** Plays the requests at the moments of the recording. @param each how often every request is delivered */
async function play(house: TestStore, requests: readonly Captured[], each: number): Promise<void> {
  let seq = 0;
  for (const { receivedAt, body } of requests) {
    await passUntil(house, Date.parse(receivedAt));
    const bytes = Buffer.from(JSON.stringify(body));
    const deliveries = Array.from({ length: each }, (): Delivery => ({
      seq: ++seq,
      id: `d${seq}`,
      source: 'am',
      receivedAt: house.time.now,
      body: bytes,
    }));
    const inbox = {
      after: (after: number) => deliveries.filter((one) => one.seq > after),
      last: () => seq,
      close: () => {},
    };
    const log = (message: string): never => {
      throw new Error(message);
    };
    await takeDeliveries({
      store: house.store,
      inbox,
      sources: new Map([['am', source]]),
      rules: () => RULES,
      seen: () => {},
      log,
    });
  }
  await passUntil(house, house.time.now + 3 * MINUTE);
}

const RULES = rulesOf({ mode: 'notify', classify: () => judged('other') });

async function passUntil(house: TestStore, until: number): Promise<void> {
  while (house.time.now < until) {
    const due = (await house.store.nextDue(['deadline'])) ?? until;
    house.pass(Math.max(0, Math.min(due, until) - house.time.now));
    for (const job of await house.store.claim(['deadline'], 100, MINUTE)) await passDeadline(house, job as never);
  }
}

/** `ApiDown triggered, 1 of 2 firing` for each incident, by name, and how many the sender left out. */
async function stateOf(house: TestStore): Promise<string[]> {
  const incidents = await house.read.incidents({}, 100, null);
  const states = incidents.map(({ labels, status, firing, impact, hidden }) => {
    const name = label(labels, 'alertname') || '(no name)';
    return `${name} ${status}, ${firing} of ${impact.alerts} firing${hidden > 0 ? `, ${hidden} left out` : ''}`;
  });
  return states.toSorted();
}

async function checkRecord(house: TestStore): Promise<void> {
  for (const incident of await house.read.incidents({}, 100, null)) {
    const timeline = await house.read.timeline(incident.uid);
    expect(findBreak(timeline)).toBeNull();
    expect(canonicalState(fold(timeline.map(openEntry)))).toEqual(canonicalState(incident));
  }
}

/** Posted by hand to both versions, by name. */
const BY_HAND = ['(no name)', 'EmptyLabel', 'FutureStart', 'GoodOne', 'OffsetTime', 'OnlyLabels'].map(
  (name) => `${name} triggered, 1 of 1 firing`,
);

/** What happened, its recordings, and the incidents afterwards, by name; where the versions differ, for each. */
const SCENARIOS: readonly (readonly [
  string,
  readonly string[],
  readonly string[] | Readonly<Record<string, readonly string[]>>,
])[] = [
  [
    'an alert fires, resolves and fires again: one incident',
    ['firing_resolved_refire'],
    ['InstanceDiskAlmostFull triggered, 1 of 1 firing'],
  ],
  [
    'an alert flaps, its last word is the end: one incident, resolved',
    ['flapping'],
    ['BgpSessionFlapping resolved, 0 of 1 firing'],
  ],
  [
    'a group grows, shrinks and ends',
    ['group_grows_and_partially_resolves'],
    ['KubePodCrashLooping resolved, 0 of 4 firing'],
  ],
  ['two Alertmanagers in split brain send the same', ['ha_split_brain'], ['HaAlert triggered, 1 of 1 firing']],
  ['a pair whose first message hangs sends twice', ['ha_clustered_first_hangs'], ['HaAlert triggered, 1 of 1 firing']],
  ['a healthy pair sends once', ['ha_clustered_ok'], ['HaAlert triggered, 1 of 1 firing']],
  [
    '`continue: true`: one alert over two routes',
    ['nested_routes_continue_db', 'nested_routes_continue_audit'],
    ['MysqlDown triggered, 1 of 1 firing'],
  ],
  ['two webhooks in one receiver', ['two_webhooks_one_receiver'], ['Auth_two triggered, 1 of 1 firing']],
  [
    'a route is edited while two alerts fire: they stay where they are',
    ['config_change_changes_groupkey'],
    ['SurvivesRestart triggered, 2 of 2 firing'],
  ],
  [
    'a SIGKILLed Alertmanager sends again, with another beginning',
    ['restart_duplicates'],
    ['SurvivesRestart triggered, 2 of 2 firing'],
  ],
  [
    'a label is edited in the rule: the new alert fires, the old one ends',
    ['rule_label_edited_while_firing'],
    ['RuleChange triggered, 1 of 2 firing'],
  ],
  [
    'a retry carries the snapshot of its flush',
    ['retry_sends_stale_snapshot'],
    ['StaleRetry triggered, 1 of 2 firing'],
  ],
  ['twenty-five tries of one message', ['retry_500_attempts'], ['ReceiverBehaviour_500 triggered, 1 of 1 firing']],
  [
    'a slow receiver is sent the same again and again',
    ['slow_receiver_duplicate_inflight'],
    ['SlowReceiver triggered, 1 of 1 firing'],
  ],
  ['a timeout of the sender: three tries', ['timeout_option_retries'], ['Auth_timeout triggered, 1 of 1 firing']],
  ['an unchanged group is repeated', ['repeat_interval'], ['PostgresqlReplicationLag triggered, 1 of 1 firing']],
  [
    'max_alerts: all that is listed has ended, three were never listed; a person must say that it is over',
    ['truncated_max_alerts'],
    ['KubeDeploymentReplicasMismatch triggered, 0 of 2 firing, 3 left out'],
  ],
  [
    'send_resolved: false: nobody says that it is over',
    ['send_resolved_false'],
    ['CertificateExpirySoon triggered, 2 of 2 firing'],
  ],
  [
    'an end that a silence swallowed is not known',
    ['silenced_resolves_silently'],
    ['QueueBacklog triggered, 1 of 2 firing'],
  ],
  [
    'silenced as acknowledgement: the end is lost, the next firing is the same episode',
    ['ack_by_silence_loses_resolve_and_refire'],
    ['AckedBySilence triggered, 2 of 2 firing'],
  ],
  [
    'an inhibited alert ends when the inhibition does',
    ['inhibited_target_resolves_silently'],
    ['HighLatency resolved, 0 of 1 firing', 'HighLatency triggered, 1 of 1 firing', 'HostDown resolved, 0 of 1 firing'],
  ],
  [
    'Prometheus is killed: a false end, which nothing contradicts',
    ['prometheus_dies_while_firing'],
    ['PromDown resolved, 0 of 1 firing'],
  ],
  ['the Watchdog is a heartbeat, never an incident', ['watchdog'], []],
  [
    'group_by: [...]: every alert a group of its own',
    ['group_by_all'],
    ['HelmReleaseFailed triggered, 1 of 1 firing', 'HelmReleaseFailed triggered, 1 of 1 firing'],
  ],
  ['group_by: [], under both meanings', ['group_by_none'], ['SshBruteForce triggered, 2 of 2 firing']],
  [
    'a scrape that fails, an exporter, an absent metric',
    ['real_node_exporter_and_scrape_alerts'],
    [
      'AbsentMetric triggered, 1 of 1 firing',
      'NodeNetworkInterfaceMtuSmall triggered, 1 of 1 firing',
      'TargetDown triggered, 1 of 1 firing',
    ],
  ],
  ['markup, control characters, no text at all', ['escaping_unicode_html'], ['EscapingTest triggered, 1 of 1 firing']],
  ['templates that fail', ['template_errors'], ['TemplateError triggered, 1 of 1 firing']],
  ['a receiver with brackets in its name', ['receiver_name_regex_quoted'], ['OddReceiver triggered, 1 of 1 firing']],
  [
    'alerts posted by hand: without a name, beginning tomorrow, ended before they began',
    ['direct_api_edge_cases'],
    {
      'am0.25.0': [...BY_HAND, 'ShortLived resolved, 0 of 1 firing'],
      'am0.33.1': ['BadOne triggered, 1 of 1 firing', ...BY_HAND, 'ShortLived resolved, 0 of 1 firing'],
    },
  ],
  [
    'every way to authenticate: an incident each, and a second alert joins its own',
    ['auth_variants'],
    {
      'am0.25.0': authenticated('basic', 'bearer', 'mtls', 'oauth2', 'scheme', 'urlcreds'),
      'am0.33.1': authenticated('basic', 'bearer', 'headers', 'mtls', 'oauth2', 'scheme', 'urlcreds', 'urltmpl'),
    },
  ],
];

function authenticated(...ways: readonly string[]): string[] {
  return ways.map((way) =>
    way === 'oauth2' ? 'Auth_oauth2 triggered, 2 of 2 firing' : `Auth_${way} triggered, 1 of 1 firing`,
  );
}

describe.each(VERSIONS)('what Alertmanager %s sent', (version) => {
  const here = SCENARIOS.filter(([, files]) =>
    files.every((file) => existsSync(join(FIXTURES, `${version}_${file}.json`))),
  );
  it.each(here)('%s', async (_name, files, expected) => {
    for (const each of [1, 2]) {
      const requests = requestsOf(files.map((file) => `${version}_${file}.json`));
      const house = await openTestStore(RULES);
      house.time.now = Date.parse((requests[0] as Captured).receivedAt) - SECOND;
      await house.reopen();
      await play(house, requests, each);
      expect(await stateOf(house)).toEqual(
        ('at' in expected ? (expected as readonly string[]) : (expected[version] as readonly string[])).toSorted(),
      );
      await checkRecord(house);
      await house.close();
    }
  });
});
