import { gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { DESK, LEVEL2, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, incidents, mailsOf, waitForIncident } from '../helpers/incident-api.ts';
import { alertmanagerPayload, firing } from '../helpers/payload.ts';
import { rawRequest, type RawRequest } from '../helpers/raw-request.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startSmtp, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

const TOKEN = 'receiving-token-4711';
const PROVEN = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const GOOD = JSON.stringify(firing('Good'));
const gzip = { ...PROVEN, 'content-encoding': 'gzip' };

/** Objects in objects, `depth` of them. */
function nested(depth: number): string {
  return `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
}

/** Of each incident, the bridge's own ones left out. */
async function alertnames(bridge: Tierbell): Promise<string[]> {
  const names = (await incidents(bridge)).map(({ alerts }) => alerts[0]?.labels['alertname'] ?? '');
  return names.filter((name) => !name.startsWith('Tierbell'));
}

describe('the webhook of the running bridge', () => {
  let smtp: SmtpSink;
  let bridge: Tierbell;
  beforeAll(async () => {
    smtp = await startSmtp();
    const sources = [
      { name: 'am', kind: 'alertmanager', auth: { bearer_token: TOKEN }, max_body: '100kB' },
      { name: 'am-open', kind: 'alertmanager' },
    ];
    bridge = await startTierbell({ configFile: writeConfiguration(smtp.url, { main: { sources } }) });
  });
  afterAll(stopEverything, 300_000);

  const send = (more: RawRequest, path = '/webhooks/am') =>
    rawRequest(bridge.url + path, { method: 'POST', headers: PROVEN, body: GOOD, ...more });

  const refusals: [name: string, status: number, request: RawRequest, path?: string, field?: string][] = [
    ['without a token', 401, { headers: {} }],
    ['with a wrong token', 401, { headers: { authorization: 'Bearer wrong' } }],
    ['with the token as user and password', 401, { headers: { authorization: `Basic ${btoa(`am:${TOKEN}`)}` } }],
    ['to a source that does not exist', 404, {}, '/webhooks/alertmanger'],
    ['to no source', 404, {}, '/webhooks'],
    ['to a path that goes up', 404, {}, '/webhooks/am/../../etc/passwd'],
    ['with GET, as after a redirect', 405, { method: 'GET' }],
    ['with DELETE', 405, { method: 'DELETE' }],
    ['with more than the source takes', 413, { body: 'x'.repeat(100_001) }],
    ['with more than that, in chunks of unknown number', 413, { body: 'x'.repeat(2_000_000), chunked: true }],
    ['with a small body that unpacks to a large one', 413, { headers: gzip, body: gzipSync(' '.repeat(10_000_000)) }],
    ['in an encoding that nobody agreed on', 415, { headers: { ...PROVEN, 'content-encoding': 'br' } }],
    ['that says gzip and is none', 400, { headers: gzip }],
    ['that is cut off gzip', 400, { headers: gzip, body: gzipSync(GOOD).subarray(0, 60) }],
    ['with an empty body', 400, { body: '' }],
    ['that is not JSON', 400, { body: 'alert: it burns' }],
    ['that is JSON up to its last byte', 400, { body: GOOD.slice(0, -1) }],
    ['that is two JSON documents', 400, { body: GOOD + GOOD }],
    ['that is a list', 400, { body: '[]' }],
    ['that is null', 400, { body: 'null' }],
    ['without alerts', 400, { body: '{"version":"4"}' }, '/webhooks/am', 'alerts'],
    ['with alerts that are no list', 400, { body: '{"alerts":{}}' }, '/webhooks/am', 'alerts'],
    ['with no alert in it', 400, { body: '{"alerts":[]}' }, '/webhooks/am', 'alerts'],
    ['33 levels deep', 400, { body: nested(33) }],
    ['14,000 levels deep', 400, { body: nested(14_000) }],
  ];

  it.each(refusals)('refuses one %s with %i and says why', async (_name, status, request, ...[path, field]) => {
    const answer = await send(request, path);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
    const problem = JSON.parse(answer.text) as Record<string, unknown>;
    expect(problem).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.stringMatching(/^[A-Z`].{10,}[.?]$/s),
    });
    if (field !== undefined) expect(problem['field']).toBe(field);
    expect(answer.text).not.toContain(TOKEN);
  });

  it('tells a sender what would work: which method, which name, which scheme', async () => {
    expect((await send({ method: 'GET' })).headers.allow).toBe('POST, PUT');
    expect((await send({}, '/webhooks/alertmanger')).text).not.toMatch(/<|passwd/);
    expect((await send({}, '/webhooks/an')).text).toContain('Did you mean /webhooks/am?');
    expect((await send({ headers: {} })).headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it('kept nothing of all that as an alert, and takes the next good one', async () => {
    expect(await alertnames(bridge)).toEqual([]);
    const answer = await send({});
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ delivery: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    await waitForIncident(bridge, { alertname: 'Good' });
    expect(await alertnames(bridge)).toEqual(['Good']);
  });

  it('tells the fallback once that a proven sender was refused, as an alert may be lost', async () => {
    const lost = await waitForIncident(bridge, { alertname: 'TierbellDeliveryRefused' });
    expect(lost.alerts[0]?.labels['about_source']).toBe('am');
    const mails = await waitFor('the fallback to be told', () => {
      const found = mailsOf(smtp, lost, DESK);
      return found.length > 0 && found;
    });
    expect(mails[0]?.text).toMatch(/413 The body exceeds 100000 bytes; raise `max_body`/);
    expect((await incidents(bridge)).filter(({ title }) => title.includes('TierbellDeliveryRefused'))).toHaveLength(1);
  });

  it.each([
    ['PUT', { method: 'PUT' }],
    ['gzip', { headers: gzip, body: gzipSync(JSON.stringify(firing('By gzip'))) }],
    ['identity', { headers: { ...PROVEN, 'content-encoding': 'identity' } }],
    ['chunks', { chunked: true }],
    ['a foreign content type', { headers: { ...PROVEN, 'content-type': 'text/plain' } }],
    ['a lower-case scheme', { headers: { authorization: `bearer ${TOKEN}` } }],
    ['a query and a slash at the end', {}, '/webhooks/am/?from=am-0'],
  ] as [string, RawRequest, string?][])('takes one by %s', async (name, request, ...[path]) => {
    const answer = await send({ body: JSON.stringify(firing(`By ${name}`)), ...request }, path);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"delivery"')]);
    await waitForIncident(bridge, { alertname: `By ${name}` });
  });

  it('sets a malformed alert aside, and its neighbours go on', async () => {
    const whole = firing('Neighbour').alerts[0];
    const alerts = [
      whole,
      42,
      null,
      { labels: 'none' },
      { ...whole, labels: { alertname: 'Neighbour', instance: 'b' }, fingerprint: 'b' },
    ];
    expect((await deliver(bridge, { ...firing('Neighbour'), alerts }, PROVEN)).status).toBe(200);
    const opened = await waitForIncident(bridge, { alertname: 'Neighbour' });
    expect(opened.alerts).toHaveLength(2);
    const aside = await waitForIncident(bridge, { alertname: 'TierbellDeliverySetAside' });
    const mails = await waitFor('the fallback to be told', () => {
      const found = mailsOf(smtp, aside, DESK);
      return found.length > 0 && found;
    });
    expect(mails[0]?.text).toMatch(/3 of its alerts could not be read \(alerts\[1\]: not an object\)/);
  });

  it('takes odd text and odd dates, and makes them harmless wherever they are shown', async () => {
    const labels = Object.fromEntries([
      ['alertname', 'Odd'],
      ['__proto__', 'polluted'],
      ['constructor', '\u2028\u0000\ud800'],
      ['severity', '<img src=x onerror=alert(1)>'],
    ]) as Record<string, string>;
    const annotations = {
      summary: '<script>alert(1)</script>\r\nBcc: everybody@example.org',
      runbook_url: 'javascript:alert(1)',
    };
    const payload = alertmanagerPayload([{ labels, annotations, startsAt: '0000-99-99T00:00:00Z' }]);
    expect((await deliver(bridge, payload, PROVEN)).status).toBe(200);

    const opened = await waitForIncident(bridge, { alertname: 'Odd' });
    expect(opened.severity).toBe('unknown');
    expect(Object.entries(opened.alerts[0]?.labels ?? {})).toContainEqual(['__proto__', 'polluted']);
    const [mail] = await waitFor('Level 2 to be told', () => {
      const mails = mailsOf(smtp, opened, LEVEL2);
      return mails.length > 0 && mails;
    });
    expect(mail?.recipients).toEqual([LEVEL2]);
    expect(mail?.headers['bcc']).toBeUndefined();
    expect(mail?.subject).toMatch(/^\[INC-\d+\] Odd: /);
    expect(mail?.html).not.toMatch(/<script|<img|href="javascript/i);
  });

  it('opens one incident of the same alert sent five times, and none of a resolved one that nobody knows', async () => {
    const payload = firing('Again');
    const gone = alertmanagerPayload([{ labels: { alertname: 'Gone' }, status: 'resolved' }]);
    for (let n = 0; n < 5; n++) expect((await deliver(bridge, payload, PROVEN)).status).toBe(200);
    expect((await deliver(bridge, gone, PROVEN)).status).toBe(200);
    expect((await deliver(bridge, firing('After'), PROVEN)).status).toBe(200);
    await waitForIncident(bridge, { alertname: 'After' });
    const names = await alertnames(bridge);
    expect(names.filter((name) => name === 'Again')).toHaveLength(1);
    expect(names).not.toContain('Gone');
  });

  it('counts each request by its source and answer, and strangers under one name', async () => {
    const { text } = await bridge.api('/metrics');
    const series = text.split('\n').filter((line) => line.startsWith('tierbell_webhook_requests_total{'));
    for (const code of [200, 400, 401, 405, 413, 415]) {
      expect(series).toContainEqual(expect.stringMatching(`source="am",code="${code}"`));
    }
    expect(series).toContainEqual(expect.stringMatching('source="unknown",code="404"'));
    expect(text).not.toMatch(/alertmanger|passwd/);
  });
});

describe('API and pages, as long as there is no account', () => {
  let bridge: Tierbell;
  let id: string;
  beforeAll(async () => {
    const smtp = await startSmtp();
    bridge = await startTierbell({ configFile: writeConfiguration(smtp.url) });
    await deliver(bridge, firing('Local'));
    id = (await waitForIncident(bridge, { alertname: 'Local' })).id;
  });
  afterAll(stopEverything, 300_000);

  it.each(['evil.example.org', 'localhost.evil.example.org', '127.0.0.1.nip.io', '127.0.0.1@evil.example.org'])(
    'answer nothing to the Host "%s"',
    async (host) => {
      const answer = await rawRequest(`${bridge.url}/api/v1/incidents`, { headers: { host } });
      expect([answer.status, answer.headers['content-type']]).toEqual([403, 'application/problem+json']);
      expect(answer.text).not.toContain('Local');
    },
  );

  it.each(['https://evil.example.org', 'null', 'http://127.0.0.1.evil.example.org', 'file://'])(
    'do nothing for a page from "%s"',
    async (origin) => {
      const path = `${bridge.url}/api/v1/incidents/${id}/acknowledge`;
      const headers = { origin, 'content-type': 'application/json' };
      const answer = await rawRequest(path, { method: 'POST', headers, body: '{"by":"mallory"}' });
      expect(answer.status).toBe(403);
      expect((await incident(bridge, id)).acknowledgedBy).toBeNull();
    },
  );

  it.each(['https://evil.example.org', 'null', 'http://127.0.0.1.evil.example.org'])(
    'take no alert from a page of "%s", which may send a text without asking, as a known fix might run for it',
    async (origin) => {
      const headers = { origin, 'content-type': 'text/plain' };
      const body = JSON.stringify(firing('Forged'));
      const path = `${bridge.url}/webhooks/am`;
      const answer = await rawRequest(path, { method: 'POST', headers, body });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([403, expect.objectContaining({ status: 403 })]);
      const before = await rawRequest(path, {
        method: 'POST',
        headers: { origin: 'http://localhost:3000' },
        body: '{}',
      });
      expect(before.status).toBe(400); // looked at
      const { text } = await rawRequest(`${bridge.url}/api/v1/incidents`, {});
      expect(text).not.toContain('Forged');
    },
  );

  it('do nothing for a form or a text, which any page may send without asking', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const path = `${bridge.url}/api/v1/incidents/${id}/resolve`;
      const sent = await rawRequest(path, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"by":"mallory"}',
      });
      expect([sent.status, sent.text]).toEqual([415, expect.stringContaining('Content-Type: application/json')]);
      expect((await incident(bridge, id)).status).toBe('triggered');
    }
  });

  it.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])('answer to %s', async (host) => {
    const { port } = new URL(bridge.url);
    for (const name of [host, `${host}:${port}`]) {
      expect((await rawRequest(`${bridge.url}/api/v1/incidents`, { headers: { host: name } })).status).toBe(200);
    }
  });

  it('are healthy and ready as Prometheus is', async () => {
    for (const path of ['/-/healthy', '/-/ready']) {
      for (const method of ['GET', 'HEAD']) expect((await rawRequest(bridge.url + path, { method })).status).toBe(200);
    }
  });

  it('answer what they do not know with a problem that says what there is', async () => {
    for (const path of ['/api/v1/incidents/INC-99', '/api/v1/nothing', '/nothing', `/api/v1/incidents/${id}/nothing`]) {
      const answer = await rawRequest(bridge.url + path);
      expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/problem+json']);
    }
    const misspelt = await rawRequest(`${bridge.url}/api/v1/incidents/${id}/acknowlege`, { method: 'POST' });
    expect([misspelt.status, misspelt.text]).toEqual([404, expect.stringContaining('Did you mean acknowledge?')]);
    const unread = await rawRequest(`${bridge.url}/api/v1/incidents?statuss=open`);
    expect([unread.status, JSON.parse(unread.text)]).toMatchObject([400, { field: 'statuss' }]);
  });
});
