import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { MINUTE } from '../helpers/fake-rules.ts';
import { bodyOf, captured, openReplay, type Replay } from '../helpers/replay.ts';

const GRAFANA = { name: 'grafana', kind: 'grafana' };
const ONE = ['INC-1 triggered, 1 firing: High CPU: CPU on {{host}} is high'];
const TWO = ['INC-1 triggered, 2 firing: High CPU: CPU on {{host}} is high'];

/** What stands after each recording was played into an empty bridge; every file of the folder is here or below. */
const AFTER: Readonly<Record<string, readonly string[]>> = {
  'bearer_default_scheme.json': ONE,
  'custom_scheme.json': ONE,
  'extra_headers.json': ONE,
  'hmac_default.json': ONE,
  'hmac_timestamp.json': ONE,
  'mtls.json': ONE,
  'oauth2.json': ONE,
  'put_basic_auth.json': ONE,
  'redir302.json': ONE,
  'redir307.json': ONE,
  'redir-target7.json': ONE,
  'title_message_custom.json': ONE,
  'title_template_error.json': ONE,
  // A template of one's own that keeps the alerts is as good.
  'custom_payload.json': ONE,
  'custom_payload_default_template.json': ONE,
  'firing_two.json': TWO,
  'url_template.json': TWO,
  'truncated.json': TWO,
  // Nobody knows the end of what never fired here; the other one opens.
  'mixed.json': ['INC-1 triggered, 1 firing: High CPU: no values'],
  'resolved.json': [],
  'missing_series_resolved.json': [],
  'truncated_resolved_first.json': [],
  'nodata.json': [
    'INC-1 triggered, 1 firing: DatasourceNoData: Grafana\'s rule "High CPU" gets no data, so nobody knows how it is',
  ],
  'datasource_error.json': [
    'INC-1 triggered, 1 firing: DatasourceError: Grafana\'s rule "High CPU" cannot be evaluated: failed to query data: Get "http://prom:9090/api/v1/query": dial tcp: lookup prom: no such host',
  ],
  'full_server_firing_resolved.json': ['INC-1 triggered, 0 firing: AlwaysUp: up is 1 on 127.0.0.1:39090'],
};

/** Requests that are no deliveries: the token endpoint of OAuth2, a redirect that became a GET, a template without JSON. */
const NO_DELIVERY = ['oauth-token.json', 'redir-target.json', 'custom_payload_not_json.json'];

describe('recorded Grafana payloads', () => {
  let replay: Replay;
  beforeEach(async () => {
    replay = await openReplay([GRAFANA]);
  });
  afterEach(() => replay.close());

  /** Plays a file, and gives what stands then. */
  async function play(...files: string[]): Promise<readonly string[]> {
    for (const file of files)
      for (const request of captured(`grafana/${file}`))
        await replay.post('grafana', bodyOf(request), request.receivedAt);
    return replay.summary();
  }

  it('every recording has its expectation', () => {
    const files = readdirSync(join(import.meta.dirname, '..', 'fixtures', 'grafana'));
    expect(files.filter((file) => file.endsWith('.json')).sort()).toEqual(
      [...Object.keys(AFTER), ...NO_DELIVERY].sort(),
    );
  });

  it.each(Object.entries(AFTER))('%s', async (file, expected) => {
    expect(await play(file)).toEqual(expected);
    expect(replay.log).toEqual([]);
  });

  it('the whole server: the repeat is no news, and after the end the incident resolves by itself', async () => {
    await play('full_server_firing_resolved.json');
    expect((await replay.timeline()).filter((text) => / fired| resolved/.test(text))).toEqual([
      '1 fired; 1 firing now',
      '1 resolved; 0 firing now',
      'Every alert is quiet; resolved in 2 min unless it fires again',
    ]);
    await replay.wait(2 * MINUTE + 1000);
    expect(await replay.summary()).toEqual(['INC-1 resolved, 0 firing: AlwaysUp: up is 1 on 127.0.0.1:39090']);
  });

  it('two fire, one resolves, then all: one incident', async () => {
    expect(await play('firing_two.json', 'mixed.json')).toEqual([
      'INC-1 triggered, 1 firing: High CPU: CPU on {{host}} is high',
    ]);
    expect(await replay.alerts()).toEqual(['firing High CPU db-2', 'resolved High CPU db-1']);
  });

  it('nothing closes on a truncated payload that says it is resolved', async () => {
    await play('truncated.json', 'truncated_resolved_first.json');
    await replay.wait(10 * MINUTE);
    expect(await replay.summary()).toEqual([expect.stringMatching(/^INC-1 triggered, 1 firing/)]);
    expect((await replay.timeline()).join()).toContain('so nothing closes on this payload');
  });

  it('the same alerts by every way of authenticating are the same incident', async () => {
    expect(await play('bearer_default_scheme.json', 'put_basic_auth.json', 'hmac_default.json', 'mtls.json')).toEqual(
      ONE,
    );
  });

  it('no data and an error of one rule are two incidents beside the rule itself', async () => {
    expect(await play('firing_two.json', 'nodata.json', 'datasource_error.json')).toHaveLength(3);
  });
});

describe('what Grafana says beside the labels', () => {
  const source = createSource(sourceConfig.parse(GRAFANA));
  const alertOf = (file: string, change: object = {}) => {
    const [request] = captured(`grafana/${file}`);
    const body = JSON.parse(bodyOf(request as never).toString()) as { alerts: object[] };
    body.alerts[0] = { ...body.alerts[0], ...change };
    return source.parse(body, Date.parse(request?.receivedAt ?? '')).groups[0]?.alerts[0];
  };

  it('values and pages become annotations; labels and fingerprint stay as on the wire', () => {
    const alert = alertOf('firing_two.json');
    expect(alert?.fingerprint).toBe('879a29cad8a0296d');
    expect(Object.keys(alert?.labels ?? {})).toEqual(['alertname', 'grafana_folder', 'instance', 'severity']);
    expect(alert?.annotations).toMatchObject({
      __value_string__: 'A=93.25, B=93.25, C=1',
      __dashboardUrl__: expect.stringMatching(/^https:\/\/grafana.example.com\/d\/abcd1234\?/),
      __panelUrl__: expect.stringMatching(/viewPanel=7$/),
      __silenceUrl__: expect.stringMatching(/^https:\/\/grafana.example.com\/alerting\/silence\/new\?/),
      __alert_rule_uid__: 'ce8zq1o2w3abcd',
      summary: 'CPU on {{host}} is high',
    });
  });

  it.each<[string, object, string | undefined]>([
    ['a map', { values: { A: 1.5, B: null, C: 'x' } }, 'A=1.5, B=no value, C=x'],
    ['an empty map', { values: {}, valueString: "[ var='A' value=1 ]" }, "[ var='A' value=1 ]"],
    ['null', { values: null, valueString: '' }, undefined],
    ['left out', { values: undefined, valueString: undefined }, undefined],
    ['no map', { values: [1, 2], valueString: 7 }, undefined],
    ['endless', { values: null, valueString: 'x'.repeat(100_000) }, `${'x'.repeat(1023)}…`],
    ['named like a prototype', { values: JSON.parse('{"__proto__":3}') as object }, '__proto__=3'],
  ])('values that are %s', (_what, change, expected) => {
    expect(alertOf('firing_two.json', change)?.annotations['__value_string__']).toBe(expected);
  });

  it.each(['javascript:alert(1)', '//example.org', '', 7, null])('the address %j is no link', (dashboardURL) => {
    const annotations = alertOf('firing_two.json', { dashboardURL, panelURL: dashboardURL })?.annotations ?? {};
    expect(['__dashboardUrl__' in annotations, '__panelUrl__' in annotations]).toEqual([false, false]);
  });

  it('a rule that keeps its own name without data says so too, and what the rule would have said stays readable', () => {
    const labels = { alertname: 'High CPU', instance: 'db-1' };
    for (const reason of ['NoData', 'NoData, KeepLast', 'nodata'])
      expect(
        alertOf('nodata.json', { labels, annotations: { grafana_state_reason: reason, summary: 'x' } })?.annotations,
      ).toMatchObject({ summary: expect.stringContaining('"High CPU" gets no data'), rule_summary: 'x' });
    const error = { labels, annotations: { grafana_state_reason: 'Error', Error: 'no route to host' } };
    expect(alertOf('nodata.json', error)?.annotations['summary']).toBe(
      'Grafana\'s rule "High CPU" cannot be evaluated: no route to host',
    );
  });

  it('the end of an alert is left as it is told', () => {
    expect(alertOf('missing_series_resolved.json')?.annotations['summary']).toBe('series vanished');
  });

  it('legacy alerting (up to Grafana 8) is refused with what to do', () => {
    const legacy = {
      ...{ title: '[Alerting] High CPU', ruleId: 7, ruleName: 'High CPU', state: 'alerting', message: 'x', tags: {} },
      ...{ evalMatches: [{ metric: 'db-1', value: 93, tags: null }], dashboardId: 1, panelId: 2, orgId: 1 },
    };
    expect(source.check(legacy)).toEqual({
      field: 'alerts',
      problem: expect.stringMatching(/legacy alerting[^]*switch that Grafana to unified alerting/),
    });
  });
});

describe("Grafana's signatures", () => {
  const [plain] = captured('grafana/hmac_default.json');
  const [stamped] = captured('grafana/hmac_timestamp.json');
  const verify = (hmac: object, request: typeof plain, body = bodyOf(request as never)) =>
    createSource(sourceConfig.parse({ ...GRAFANA, auth: { hmac } }), {
      now: () => Date.parse(request?.receivedAt ?? ''),
      warn: () => undefined,
    }).authenticate(request?.headers ?? {}, body).state;
  const timed = { secret: 's3cr3t', header: 'X-Sig', timestamp_header: 'X-Sig-Timestamp' };

  it('the recorded ones verify over the exact bytes', () => {
    expect(verify({ secret: 's3cr3t' }, plain)).toBe('proven');
    expect(verify(timed, stamped)).toBe('proven');
  });

  it('not over the same JSON in other bytes, another secret, or another time', () => {
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(bodyOf(plain as never).toString())));
    expect(verify({ secret: 's3cr3t' }, plain, rewritten)).toBe('unproven');
    expect(verify({ secret: 's3cr3u' }, plain)).toBe('unproven');
    const headers = { ...stamped?.headers, 'x-sig-timestamp': '1795279224' };
    expect(verify(timed, { ...stamped, headers } as typeof stamped)).toBe('unproven');
    // Without a timestamp header configured, the recorded signature is over more than the body.
    expect(verify({ secret: 's3cr3t', header: 'X-Sig' }, stamped)).toBe('unproven');
  });

  it('is what the guide says it is', () => {
    const time = stamped?.headers['x-sig-timestamp'] ?? '';
    const ours = createHmac('sha256', 's3cr3t')
      .update(`${time}:`)
      .update(bodyOf(stamped as never))
      .digest('hex');
    expect(ours).toBe(stamped?.headers['x-sig']);
  });
});
