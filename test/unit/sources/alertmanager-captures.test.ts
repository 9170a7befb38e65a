import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { label, severityOf, type Alert, type AlertGroup } from '../../../src/domain/alert.ts';
import { fingerprintOf } from '../../../src/sources/fingerprint.ts';
import { createSource, sourceConfig } from '../../../src/sources/registry.ts';
import type { ParsedDelivery } from '../../../src/sources/source.ts';
import { CORPUS, describeWith } from '../../helpers/requires.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'alertmanager');
const source = createSource(sourceConfig.parse({ name: 'am', kind: 'alertmanager' }));

interface Captured {
  readonly receivedAt: string;
  readonly method?: string;
  readonly body?: { readonly alerts?: readonly { labels: Record<string, string>; fingerprint: string }[] };
}

function requestsOf(folder: string, file: string): Captured[] {
  const capture = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { requests?: Captured[] };
  return (capture.requests ?? []).filter(({ body }) => typeof body === 'object' && body !== null);
}

function parsed(request: Captured): ParsedDelivery {
  return source.parse(request.body, Date.parse(request.receivedAt));
}

function groupOf(request: Captured | undefined): AlertGroup {
  const group = request && parsed(request).groups[0];
  if (group === undefined) throw new Error('no group in the capture');
  return group;
}

/** `2 firing, 1 resolved, 3 hidden`. */
function tally({ alerts, truncatedAlerts }: AlertGroup): string {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  return `${firing} firing, ${alerts.length - firing} resolved, ${truncatedAlerts} hidden`;
}

describe('recorded Alertmanager payloads', () => {
  it.each([
    [
      'am0.25.0_firing_resolved_refire.json',
      ['1 firing, 0 resolved, 0 hidden', '0 firing, 1 resolved, 0 hidden', '1 firing, 0 resolved, 0 hidden'],
    ],
    [
      'am0.33.1_firing_resolved_refire.json',
      ['1 firing, 0 resolved, 0 hidden', '0 firing, 1 resolved, 0 hidden', '1 firing, 0 resolved, 0 hidden'],
    ],
    [
      'am0.25.0_truncated_max_alerts.json',
      ['2 firing, 0 resolved, 3 hidden', '0 firing, 2 resolved, 3 hidden', '0 firing, 2 resolved, 3 hidden'],
    ],
    [
      'am0.33.1_truncated_max_alerts.json',
      ['2 firing, 0 resolved, 3 hidden', '0 firing, 2 resolved, 3 hidden', '0 firing, 2 resolved, 3 hidden'],
    ],
    ['am0.33.1_send_resolved_false.json', ['2 firing, 0 resolved, 0 hidden', '1 firing, 0 resolved, 0 hidden']],
    [
      'am0.33.1_group_grows_and_partially_resolves.json',
      [
        '1 firing, 0 resolved, 0 hidden',
        '2 firing, 0 resolved, 0 hidden',
        '3 firing, 0 resolved, 0 hidden',
        '2 firing, 1 resolved, 0 hidden',
        '2 firing, 2 resolved, 0 hidden',
        '0 firing, 4 resolved, 0 hidden',
      ],
    ],
  ])('%s reads as it was sent', (file, expected) => {
    expect(requestsOf(FIXTURES, file).map((request) => tally(groupOf(request)))).toEqual(expected);
  });

  it('an episode keeps its fingerprint and group, and a new firing has a new beginning', () => {
    const [first, second, third] = requestsOf(FIXTURES, 'am0.33.1_firing_resolved_refire.json').map(groupOf);
    const alerts = [first, second, third].map((group) => group?.alerts[0] as Alert);
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(new Set([first, second, third].map((group) => group?.groupKey)).size).toBe(1);
    expect(alerts[1]?.startsAt).toBe(alerts[0]?.startsAt);
    expect(alerts[1]?.endsAt).toBeGreaterThan(alerts[0]?.startsAt ?? Infinity);
    expect(alerts[2]?.startsAt).toBeGreaterThan(alerts[1]?.endsAt ?? Infinity);
  });

  it('the receiver arrives as Alertmanager quotes it, without annotations', () => {
    const group = groupOf(requestsOf(FIXTURES, 'am0.33.1_receiver_name_regex_quoted.json')[0]);
    expect(group.receiver).toBe(String.raw`web\.hook \(prod\) \[eu\+1\]`);
    expect(group.alerts[0]?.annotations).toEqual({});
  });

  it.each(['am0.25.0_escaping_unicode_html.json', 'am0.33.1_escaping_unicode_html.json'])(
    '%s: odd texts come out readable and harmless',
    (file) => {
      const { labels, annotations } = groupOf(requestsOf(FIXTURES, file)[0]).alerts[0] as Alert;
      expect(label(labels, 'weird')).toBe('a"b\\c{d}=e,\nnewline');
      expect(label(labels, 'severity')).toBe('Critical ');
      expect(severityOf(labels)).toBe('critical');
      expect(label(annotations, 'summary')).toBe('<b>R&D</b> "quoted" – naïve café ☕ 日本語    a"b\\c{d}=e,\nnewline');
      expect(label(annotations, 'runbook_url')).toBe('https://example.com/?a=1&b=<2>');
    },
  );

  it('alerts posted by hand: offsets, nanoseconds, a start ahead of its receipt, no alertname', () => {
    const groups = requestsOf(FIXTURES, 'am0.33.1_direct_api_edge_cases.json').map(groupOf);
    const byName = new Map(
      groups.flatMap(({ alerts }) => alerts).map((alert) => [label(alert.labels, 'alertname'), alert]),
    );
    expect(byName.get('OffsetTime')?.startsAt).toBe(Date.parse('2026-11-21T16:00:00.123Z'));
    expect(byName.get('FutureStart')?.startsAt).toBe(Date.parse('2026-11-21T17:17:06.510Z'));
    expect(byName.get('')?.labels).toEqual({ job: 'x', scenario: 'direct2' });
    expect(byName.get('BadOne')?.labels).toMatchObject({ 'bad-label': 'x' });
    // The end is the beginning: it was posted with an end only.
    expect(byName.get('ShortLived')).toMatchObject({
      status: 'resolved',
      endsAt: Date.parse('2026-11-21T16:17:11.578Z'),
    });
  });

  it('a payload template that drops the alerts is refused by the name of the field', () => {
    const [request] = requestsOf(FIXTURES, 'am0.33.1_custom_payload.json');
    expect(source.check(request?.body)).toMatchObject({ field: 'alerts' });
  });
});

describeWith('corpus', 'every recorded Alertmanager payload', () => {
  const folder = join(CORPUS, 'alertmanager');
  const files = readdirSync(folder).filter((file) => /^am.*\.json$/.test(file));
  const payloads = files.flatMap((file) =>
    requestsOf(folder, file)
      .filter(({ body }) => body?.alerts !== undefined)
      .map((request) => ({ file, request })),
  );

  it('passes without anything set aside or noted', () => {
    expect(payloads.length).toBeGreaterThan(250);
    for (const { file, request } of payloads) {
      expect({ file, problem: source.check(request.body) }).toEqual({ file, problem: null });
      const { groups, setAside, notes } = parsed(request);
      expect({ file, setAside, notes }).toEqual({ file, setAside: [], notes: [] });
      expect(groups[0]?.alerts).toHaveLength(request.body?.alerts?.length ?? -1);
    }
  });

  it('carries the fingerprints that are computed here', () => {
    const alerts = payloads.flatMap(({ request }) => request.body?.alerts ?? []);
    expect(alerts.length).toBeGreaterThan(300);
    for (const { labels, fingerprint } of alerts) expect(fingerprintOf(labels)).toBe(fingerprint);
  });
});
