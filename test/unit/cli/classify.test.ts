import { compileClassifier } from '../../../src/classify/classifier.ts';
import { classifyCommand, type ClassifyOptions } from '../../../src/cli/classify.ts';
import { rule } from '../classify/helpers.ts';

const classifier = compileClassifier([
  rule({ id: 'dns', any: [{ words: ['dns'] }], weight: 3, reason: 'DNS does not answer' }),
  rule({
    id: 'up',
    category: 'cloud-service-interruption',
    any: [{ words: ['up == 0'] }],
    weight: 3,
    reason: 'It is down',
  }),
]);

async function run(input: string, more: Partial<ClassifyOptions> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const status = await classifyCommand({
    file: 'alerts.json',
    read: () => Promise.resolve(input),
    write: (line) => out.push(line),
    writeError: (line) => err.push(line),
    format: 'ndjson',
    classifier,
    ...more,
  });
  return { status, out, err };
}
const categories = (lines: readonly string[]) =>
  lines.map((line) => (JSON.parse(line) as { category: string }).category);

const ALERT = { labels: { alertname: 'DnsDown' }, annotations: {}, generatorURL: '' };
const BY_URL = { labels: { alertname: 'X' }, generatorURL: 'http://p/graph?g0.expr=up%7Bjob%3D%22a%22%7D+%3D%3D+0' };
const RULE = { alert: 'X', expr: 'up == 0', labels: {}, annotations: {} };
const PAYLOAD = { version: '4', groupKey: '{}', commonLabels: {}, alerts: [ALERT, BY_URL] };
const [NET, CLOUD] = ['network-downtime', 'cloud-service-interruption'];

describe('tierbell classify', () => {
  it.each([
    ['a webhook payload', JSON.stringify(PAYLOAD), [NET, CLOUD]],
    ['a payload over many lines', JSON.stringify(PAYLOAD, null, 2), [NET, CLOUD]],
    ['payloads one a line', `${JSON.stringify(PAYLOAD)}\n${JSON.stringify(PAYLOAD)}\n`, [NET, CLOUD, NET, CLOUD]],
    ['payloads without anything between', JSON.stringify(PAYLOAD).repeat(2), [NET, CLOUD, NET, CLOUD]],
    ['a list of payloads', JSON.stringify([PAYLOAD, PAYLOAD]), [NET, CLOUD, NET, CLOUD]],
    ['an Alertmanager alert list', JSON.stringify([ALERT, BY_URL]), [NET, CLOUD]],
    ['alerts one a line', `${JSON.stringify(BY_URL)}\r\n\r\n${JSON.stringify(ALERT)}`, [CLOUD, NET]],
    [
      'alerting rules one a line',
      `\ufeff${JSON.stringify(RULE)}\n${JSON.stringify({ alert: 'DnsSlow' })}\n`,
      [CLOUD, NET],
    ],
  ])('takes %s', async (_what, input, expected) => {
    const { status, out, err } = await run(input);
    expect(err).toEqual([]);
    expect(categories(out)).toEqual(expected);
    expect(status).toBe(0);
  });

  it('writes one line for each alert with exactly the documented fields', async () => {
    const { out } = await run(JSON.stringify(ALERT));
    const line = JSON.parse(out[0] ?? '') as Record<string, unknown>;
    expect(Object.keys(line)).toEqual(['category', 'confidence', 'method', 'reasons', 'alternatives']);
    expect(line).toEqual({
      category: NET,
      confidence: 0.8339,
      method: 'rule',
      reasons: ['DNS does not answer: its name says “dns” (rule dns)'],
      alternatives: [
        { category: 'data-security-breach', confidence: 0.0415 },
        { category: CLOUD, confidence: 0.0415 },
      ],
    });
  });

  it('below the threshold it keeps the confidence of the best guess and offers the two best', async () => {
    const { out } = await run(JSON.stringify(ALERT), { threshold: 0.99 });
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      category: 'unclassified',
      confidence: 0.8339,
      alternatives: [{ category: NET, confidence: 0.8339 }, {}],
    });
  });

  it('a threshold of 0 always decides', async () => {
    const { out } = await run(JSON.stringify({ labels: { alertname: 'Nobody knows' } }), { threshold: 0 });
    expect(categories(out)).toEqual(['other']);
  });

  it.each([-0.1, 1.5, Number.NaN])('refuses the threshold %d as wrong usage', async (threshold) => {
    expect(await run(JSON.stringify(ALERT), { threshold })).toMatchObject({ status: 2, out: [] });
  });

  it.each([
    ['not json', 'alerts.json:1:1: not JSON: expected a JSON value'],
    ['{"labels": {"a" 1}}', 'alerts.json:1:13: not JSON: expected a name in double quotes and a colon'],
    ['{"labels": {}', 'alerts.json:1:14: not JSON: the text ends inside a JSON value'],
    ['[{"labels": {}} {}]', 'alerts.json:1:17: not JSON: expected a comma or the end of the list'],
    ['{"labels": {"a":"\u0001"}}', 'alerts.json:1:17: not JSON: expected a JSON value'],
    ['['.repeat(100_000), 'alerts.json:1:33: not JSON: deeper than 32 levels'],
    ['', 'alerts.json:1:1: no alert in it; expected a webhook payload, a list of alerts, or one alert or rule a line'],
    ['\n  7', 'alerts.json:2:3: not an alert: expected an object'],
    [
      '{"a": 1}',
      'alerts.json:1:1: not an alert: expected "labels" of an alert, "alert" of a rule, or "alerts" of a webhook',
    ],
    [
      '{"alerts": [{"status": "firing"}]}',
      'alerts.json:1:1: alerts[0]: not an alert: expected an object with "labels"',
    ],
    ['{"labels": ["a"]}', 'alerts.json:1:1: labels: expected an object of texts'],
    ['[{"alerts": [{"labels": {"a": {}}}]}]', 'alerts.json:1:1: [0].alerts[0].labels: "a" is not a text'],
  ])('%j ends with status 1 and says where', async (input, message) => {
    expect(await run(input)).toEqual({ status: 1, out: [], err: [message] });
  });

  it('one bad line costs one line', async () => {
    const { status, out, err } = await run(`${JSON.stringify(ALERT)}\n{"labels": oops}\n${JSON.stringify(BY_URL)}\n`);
    expect(categories(out)).toEqual([NET, CLOUD]);
    expect(err).toEqual(['alerts.json:2:12: not JSON: expected a JSON value']);
    expect(status).toBe(1);
  });

  it('a line that was cut off does not take the next one with it', async () => {
    const { out, err } = await run(`{"labels": {"alertname": "Dns"\n${JSON.stringify(BY_URL)}\n`);
    expect(categories(out)).toEqual([CLOUD]);
    expect(err).toHaveLength(1);
  });

  it('numbers and truth values in labels are texts, prototypes stay out', async () => {
    const { status, out } = await run(
      '{"labels": {"alertname": "Dns", "code": 500, "ok": true, "x": null, "__proto__": "p"}}',
    );
    expect(status).toBe(0);
    expect(categories(out)).toEqual([NET]);
  });

  it('says what could not be read', async () => {
    const read = () => Promise.reject(new Error('no such file'));
    expect(await run('', { read })).toEqual({ status: 1, out: [], err: ['alerts.json: cannot be read: no such file'] });
  });

  it('a table is for people, json for programs', async () => {
    const { out } = await run(JSON.stringify([ALERT, { labels: { alertname: 'A\u001b[31m\nB' } }]), {
      format: 'table',
    });
    expect(out).toHaveLength(3);
    expect(out[0]).toMatch(/^ALERT +CATEGORY +CONFIDENCE +WHY$/);
    expect(out[1]).toMatch(/^DnsDown +network-downtime +0\.83 +DNS does not answer/);
    expect(out[2]).not.toContain('\u001b');
    const json = await run(JSON.stringify([ALERT]), { format: 'json' });
    expect(JSON.parse(json.out.join('\n'))).toMatchObject([{ alert: 'DnsDown', category: NET }]);
  });
});
