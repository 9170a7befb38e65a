import { createSource, sourceConfig } from '../../../src/sources/registry.ts';
import { readJson } from '../../../src/sources/read-json.ts';
import { FINDINGS_MAX, type ParsedDelivery } from '../../../src/sources/source.ts';
import type { Alert } from '../../../src/domain/alert.ts';

const RECEIVED = Date.parse('2026-11-21T16:00:00Z');

function sourceWith(settings: object = {}) {
  return createSource(sourceConfig.parse({ name: 'am', kind: 'alertmanager', ...settings }));
}

function parse(body: object, settings: object = {}): ParsedDelivery {
  return sourceWith(settings).parse(JSON.parse(JSON.stringify(body)), RECEIVED);
}

/** The one alert that comes of these fields, laid over an ordinary one. */
function alertOf(fields: object, top: object = {}, settings: object = {}): Alert {
  const raw = {
    status: 'firing',
    labels: { alertname: 'A' },
    annotations: {},
    startsAt: '2026-11-21T15:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    ...fields,
  };
  const { groups } = parse({ status: 'firing', ...top, alerts: [raw] }, settings);
  const alert = groups[0]?.alerts[0];
  if (alert === undefined) throw new Error('the alert was set aside');
  return alert;
}

describe('the shape that a payload must have', () => {
  it.each([
    [[], ''],
    ['text', ''],
    [null, ''],
    [{}, 'alerts'],
    [{ alerts: null }, 'alerts'],
    [{ alerts: {} }, 'alerts'],
    [{ alerts: [] }, 'alerts'],
    [JSON.parse('{"__proto__":{"alerts":[1]}}'), 'alerts'],
  ])('%j is refused, naming the field %j', (json, field) => {
    expect(sourceWith().check(json)?.field).toBe(field);
  });

  it('unknown fields and unknown versions are no reason to refuse', () => {
    expect(sourceWith().check({ version: '9', routeLabels: {}, notification_reason: 'x', alerts: [{}] })).toBeNull();
  });
});

describe('the status of an alert', () => {
  const past = '2026-11-21T15:30:00Z';
  const ahead = '2026-11-21T16:30:00Z';
  const none = '0001-01-01T00:00:00Z';
  it.each([
    ['firing', none, 'resolved', 'firing'],
    ['resolved', past, 'firing', 'resolved'],
    [' Resolved ', none, 'firing', 'resolved'],
    ['pending', past, 'firing', 'resolved'],
    ['pending', ahead, 'resolved', 'firing'],
    [undefined, none, 'resolved', 'resolved'],
    [undefined, none, 'firing', 'firing'],
    [undefined, none, undefined, 'firing'],
    [7, 'rubbish', 'odd', 'firing'],
  ])('%j, ending %s, in a payload that is %j, is %s', (status, endsAt, top, expected) => {
    expect(alertOf({ status, endsAt }, { status: top }).status).toBe(expected);
  });

  it('a guessed status is noted', () => {
    const { notes } = parse({ alerts: [{ labels: {}, startsAt: '2026-11-21T15:00:00Z' }] });
    expect(notes).toEqual([expect.objectContaining({ index: 0, field: 'alerts[0].status' })]);
  });
});

describe('the dates of an alert', () => {
  it.each([
    ['2026-11-21T15:00:00.123456789Z', '2026-11-21T15:00:00.123Z'],
    ['2026-11-21T16:59:00Z', '2026-11-21T16:59:00.000Z'],
    ['2026-11-21T17:00:01Z', '2026-11-21T16:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '2026-11-21T16:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '2026-11-21T16:00:00.000Z'],
    ['soon', '2026-11-21T16:00:00.000Z'],
    [undefined, '2026-11-21T16:00:00.000Z'],
  ])('startsAt %s is taken as %s', (startsAt, expected) => {
    expect(new Date(alertOf({ startsAt }).startsAt).toISOString()).toBe(expected);
  });

  it.each([
    ['resolved', '2026-11-21T15:30:00Z', Date.parse('2026-11-21T15:30:00Z')],
    ['resolved', '0001-01-01T00:00:00Z', null],
    ['resolved', '2026-11-21T14:00:00Z', null],
    ['resolved', '2030-01-01T00:00:00Z', null],
    ['resolved', undefined, null],
    ['firing', '2026-11-21T15:30:00Z', null],
  ])('a %s alert that ends %s ended at %s', (status, endsAt, expected) => {
    expect(alertOf({ status, endsAt }).endsAt).toBe(expected);
  });
});

describe('what is odd is made harmless', () => {
  it('a label named __proto__ is a label', () => {
    const json: unknown = JSON.parse(
      '{"alerts":[{"status":"firing","labels":{"__proto__":"x","constructor":"y"},"startsAt":"2026-11-21T15:00:00Z"}]}',
    );
    const labels = sourceWith().parse(json, RECEIVED).groups[0]?.alerts[0]?.labels ?? {};
    expect(Object.getPrototypeOf(labels)).toBeNull();
    expect(Object.entries(labels)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it.each([
    ['NUL and control characters', 'a\u0000b\u001bc', 'a b c'],
    ['line separators', 'a\u2028b', 'a b'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['an override of the direction', 'a\u202eb', 'a b'],
    ['markup stays text', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['a number', 7, '7'],
    ['a boolean', false, 'false'],
  ])('%s in a label', (_what, value, expected) => {
    expect(alertOf({ labels: { odd: value } }).labels['odd']).toBe(expected);
  });

  it('long texts are cut: labels at 4 kB, annotations at 16 kB', () => {
    const alert = alertOf({ labels: { a: 'x'.repeat(1e6) }, annotations: { b: 'y'.repeat(1e6) } });
    expect(alert.labels['a']).toHaveLength(4096);
    expect(alert.annotations['b']).toHaveLength(16_384);
  });

  it('a label that is no text is left out with a note, the alert goes on', () => {
    const { groups, notes, setAside } = parse({
      alerts: [{ status: 'firing', startsAt: '2026-11-21T15:00:00Z', labels: { a: { b: 1 }, c: null, d: 'ok' } }],
    });
    expect(groups[0]?.alerts[0]?.labels).toEqual({ d: 'ok' });
    expect(notes.map((note) => note.field)).toEqual(['alerts[0].labels.a', 'alerts[0].labels.c']);
    expect(setAside).toEqual([]);
  });

  it.each([
    ['javascript:alert(1)', ''],
    ['//example.org', ''],
    [42, ''],
    ['https://example.org/?a=1&b=<2>', 'https://example.org/?a=1&b=<2>'],
  ])('the address %s becomes %j', (generatorURL, expected) => {
    expect(alertOf({ generatorURL }).generatorURL).toBe(expected);
  });

  it('annotations that are no map count as none', () => {
    expect(alertOf({ annotations: null }).annotations).toEqual({});
    expect(alertOf({ annotations: 'text' }).annotations).toEqual({});
  });

  it.each([undefined, '', 'ABC', 'zz', 17])('the fingerprint %j is replaced by the computed one', (fingerprint) => {
    const labels = { alertname: 'OnlyLabels', scenario: 'direct1' };
    expect(alertOf({ labels, fingerprint }, {}, { labels: { extra: 'x' } }).fingerprint).toBe('7d9650ca5a4ee963');
  });

  it('empty maps, no alertname, no group key', () => {
    const { groups } = parse({ alerts: [{ status: 'firing', labels: {} }] });
    expect(groups).toEqual([
      expect.objectContaining({ groupKey: null, receiver: '', externalURL: '', truncatedAlerts: 0 }),
    ]);
    expect(groups[0]?.alerts).toHaveLength(1);
  });

  it.each([
    [3, 3],
    ['3', 3],
    [-1, 0],
    ['many', 0],
    [null, 0],
  ])('truncatedAlerts %j counts as %i', (truncatedAlerts, expected) => {
    expect(parse({ truncatedAlerts, alerts: [{ labels: {} }] }).groups[0]?.truncatedAlerts).toBe(expected);
  });
});

describe('a malformed alert', () => {
  it('is set aside with its place and its text; its 599 neighbours go on', () => {
    const alerts: unknown[] = Array.from({ length: 600 }, (_, n) => ({ status: 'firing', labels: { n: String(n) } }));
    alerts[300] = { status: 'firing', labels: ['not', 'a', 'map'], why: 'x'.repeat(5000) };
    const { groups, setAside } = parse({ alerts });
    expect(groups[0]?.alerts).toHaveLength(599);
    expect(setAside).toEqual([
      { index: 300, field: 'alerts[300].labels', problem: 'not a map of labels', raw: expect.any(String) },
    ]);
    expect(setAside[0]?.raw.startsWith('{"status":"firing","labels":["not"')).toBe(true);
    expect(setAside[0]?.raw).toHaveLength(2048);
  });

  it.each([null, 7, 'text', [[]], true])('%j in the list of alerts is one', (raw) => {
    const { groups, setAside } = parse({ alerts: [raw] });
    expect(groups).toEqual([]);
    expect(setAside).toEqual([expect.objectContaining({ index: 0, field: 'alerts[0]' })]);
  });

  it('a million of them make a short list that says how many there were', () => {
    const { setAside } = sourceWith().parse({ alerts: Array.from({ length: 1e6 }, () => 1) }, RECEIVED);
    expect(setAside).toHaveLength(FINDINGS_MAX);
    expect(setAside.at(-1)?.problem).toContain(`${1e6 - FINDINGS_MAX + 1} more`);
  });
});

describe('the settings of a source', () => {
  it('its labels are added where the alert has none', () => {
    const labels = { environment: 'staging', empty: '' };
    const settings = { labels: { environment: 'prod', empty: 'filled', region: 'eu' } };
    expect(alertOf({ labels }, {}, settings).labels).toEqual({ environment: 'staging', empty: 'filled', region: 'eu' });
  });

  it('a heartbeat is what all its matchers fit, and Watchdog in any case', () => {
    const watchdog = alertOf({ labels: { alertname: 'Watchdog' } });
    const heartbeat = { matchers: ['alertname="Watchdog"'] };
    expect(sourceWith({ heartbeat }).isHeartbeat(watchdog)).toBe(true);
    expect(sourceWith({ heartbeat }).isHeartbeat(alertOf({}))).toBe(false);
    expect(sourceWith().isHeartbeat(watchdog)).toBe(true);
    expect(sourceWith().isHeartbeat(alertOf({}))).toBe(false);
    expect(sourceConfig.safeParse({ name: 'am', kind: 'alertmanager', heartbeat: { matchers: [] } }).success).toBe(
      false,
    );
  });

  it.each([
    [{}, 5_000_000],
    [{ auth: { bearer_token: 'x' } }, 32_000_000],
    [{ max_body: '1kB' }, 1000],
  ])('with %j it takes bodies of up to %i bytes', (settings, expected) => {
    expect(sourceWith(settings).maxBody).toBe(expected);
  });
});

describe('reading a body as JSON', () => {
  it.each([
    ['a byte order mark is dropped', Buffer.from('\ufeff{"a":1}'), { a: 1 }],
    ['bytes that are not UTF-8 are replaced', Buffer.from([0x22, 0xff, 0x61, 0x22]), '\ufffda'],
    ['of two equal keys the last counts', Buffer.from('{"a":1,"a":2}'), { a: 2 }],
  ])('%s', (_what, body, value) => {
    expect(readJson(body)).toEqual({ ok: true, value });
  });

  it.each(['', '{', '{"a":1} trailing', 'secret-text', '{"a":secret}', '\u0000'])(
    'refuses %j without repeating it',
    (body) => {
      const result = readJson(Buffer.from(body));
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result)).not.toMatch(/secret|trailing/);
    },
  );
});
