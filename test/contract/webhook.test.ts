import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webhook } from '../../src/channels/kinds/webhook.ts';
import { wordNotice } from '../../src/channels/messages/word-notice.ts';
import { sampleEvidence, sampleIncident, sampleInput } from '../helpers/sample-incident.ts';

interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

/** A receiver that keeps what it got and answers with the statuses in turn, the last one for ever. */
async function startReceiver(...statuses: (number | [number, Record<string, string>])[]) {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      deliveries.push({
        headers: request.headers,
        body: Buffer.concat(parts).toString('utf8'),
        path: request.url ?? '',
      });
      const next = statuses.length > 1 ? statuses.shift() : statuses[0];
      const [status, headers] = typeof next === 'number' ? [next, {}] : (next ?? [200, {}]);
      response.writeHead(status, headers).end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    deliveries,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const SECRET = `whsec_${KEY.toString('base64')}`;

/** The verification of a receiver that knows the standard's text and nothing of ours; throws where it must not be trusted. */
function verify({ headers, body }: Delivery, nowMs: number): void {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers[name],
  );
  if (typeof id !== 'string' || id === '' || id.includes('.')) throw new Error('no usable webhook-id');
  if (typeof timestamp !== 'string' || !/^\d{10}$/.test(timestamp))
    throw new Error('webhook-timestamp is not in seconds');
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > 300) throw new Error('too old or too new');
  const expected = createHmac('sha256', Buffer.from('MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest();
  const matches = String(signatures)
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .some((one) => {
      const given = Buffer.from(one.slice(3), 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  if (!matches) throw new Error('the signature does not fit');
}

async function send(url: string, more: Record<string, unknown> = {}, input = sampleInput()) {
  const channel = webhook.create(webhook.config.parse({ name: 'hook', kind: 'webhook', url, secret: SECRET, ...more }));
  try {
    return await channel.send(wordNotice(input), AbortSignal.timeout(100_000));
  } finally {
    await channel.close();
  }
}

describe('a webhook', () => {
  it('is signed as Standard Webhooks have it: an independent receiver trusts it, and no changed one', async () => {
    const receiver = await startReceiver(200);
    expect(
      await send(receiver.url, {}, sampleInput({ incident: sampleIncident({ title: 'Zahlung “kaputt” 🔥 日本' }) })),
    ).toMatchObject({ ok: true });
    const [delivery] = receiver.deliveries;
    if (delivery === undefined) throw new Error('nothing arrived');
    expect(() => verify(delivery, Date.now())).not.toThrow();
    expect(() => verify({ ...delivery, body: delivery.body.replace('INC-42', 'INC-43') }, Date.now())).toThrow(
      'does not fit',
    );
    expect(() => verify({ ...delivery, headers: { ...delivery.headers, 'webhook-id': 'other' } }, Date.now())).toThrow(
      'does not fit',
    );
    expect(() => verify(delivery, Date.now() + 400_000)).toThrow('too old');
    await receiver.close();
  });

  it('keeps its id and its body over retries', async () => {
    const receiver = await startReceiver(503, 200);
    expect(await send(receiver.url)).toMatchObject({ ok: false, retryable: true });
    expect(await send(receiver.url)).toMatchObject({ ok: true });
    const [first, second] = receiver.deliveries;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(first?.headers['webhook-id']).toBe(sampleInput().id);
    expect(second?.body).toBe(first?.body);
    await receiver.close();
  });

  it('tells machines the incident as the API has it, and where the bundle lies', async () => {
    const receiver = await startReceiver(200);
    const bundle = {
      name: 'INC-42-handover-1.zip',
      content: new Uint8Array(3_000_000),
      sha256: 'b'.repeat(64),
      n: 1,
      meeting: null,
    };
    await send(receiver.url, {}, sampleInput({ purpose: 'escalation', bundle }));
    const { type, timestamp, data } = JSON.parse(receiver.deliveries[0]?.body ?? '') as Record<string, never>;
    expect(type).toBe('incident.escalation');
    expect(timestamp).toBe('2026-01-05T03:16:00.000Z');
    expect(data).toMatchObject({
      incident: {
        id: 'INC-42',
        status: 'triggered',
        level: '2',
        category: { id: 'cloud-service-interruption' },
        counts: { alerts: 3 },
      },
      attachments: [
        {
          name: 'INC-42-handover-1.zip',
          bytes: 3_000_000,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          where: expect.stringContaining('handover.zip?n=1'),
        },
      ],
      cut: [],
    });
    await receiver.close();
  });

  it('stays under 20 kB however much there is to say, and says what it cut', async () => {
    const receiver = await startReceiver(200);
    const lines = Array.from({ length: 200 }, (_, index) => ({
      at: null,
      level: 'error',
      service: 's',
      text: `${index} ${'ü'.repeat(2000)}`,
      count: 1,
    }));
    await send(receiver.url, {}, sampleInput({ incident: sampleIncident({ evidence: [sampleEvidence({ lines })] }) }));
    const body = receiver.deliveries[0]?.body ?? '';
    expect(Buffer.byteLength(body)).toBeLessThan(20_000);
    const { data } = JSON.parse(body) as { data: { cut: string[]; incident: { evidence: { lines: unknown[] }[] } } };
    expect(data.cut.join('\n')).toMatch(/incident\.evidence\[0\]\.lines: \d+ of 200 kept/);
    expect(data.incident.evidence[0]?.lines.length).toBeGreaterThan(0);
    await receiver.close();
  });

  it('to an address that is gone for good says that it is to be disabled', async () => {
    const receiver = await startReceiver(410);
    const result = await send(receiver.url);
    expect(result).toMatchObject({ ok: false, reason: 'rejected', retryable: false });
    expect(result.detail).toContain('gone: disable');
    await receiver.close();
  });

  it('follows no redirect', async () => {
    const elsewhere = await startReceiver(200);
    const receiver = await startReceiver([307, { location: elsewhere.url }]);
    expect(await send(receiver.url)).toMatchObject({ ok: false, reason: 'rejected', retryable: false });
    expect(elsewhere.deliveries).toHaveLength(0);
    await receiver.close();
    await elsewhere.close();
  });

  it.each([
    ['30', 30_000],
    ['0', 0],
    ['999999999', 86_400_000],
    ['soon', undefined],
  ])('that is asked to wait "%s" passes it on', async (header, expected) => {
    const receiver = await startReceiver([503, { 'retry-after': header }]);
    const result = await send(receiver.url);
    expect(result.ok ? 'sent' : result.retryAfterMs).toBe(expected);
    await receiver.close();
  });

  it('ends in time although the answer trickles without end', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(500);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const channel = webhook.create(webhook.config.parse({ name: 'hook', kind: 'webhook', url }));
    expect(await channel.send(wordNotice(sampleInput()), AbortSignal.timeout(1000))).toMatchObject({
      ok: false,
      retryable: true,
    });
    await channel.close();
    server.closeAllConnections();
    server.close();
  });

  it.each([
    'http://169.254.169.254/latest/',
    'http://2852039166/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
  ])('never dials %s, neither to send nor to check', async (url) => {
    const channel = webhook.create(webhook.config.parse({ name: 'hook', kind: 'webhook', url }));
    const signal = AbortSignal.timeout(100_000);
    const misconfigured = { ok: false, retryable: false, reason: 'misconfigured' };
    expect(await channel.send(wordNotice(sampleInput()), signal)).toMatchObject(misconfigured);
    expect(await channel.check(signal)).toMatchObject(misconfigured);
    await channel.close();
  });

  it('without a secret is sent unsigned, with its own headers, none of which can replace the signature', async () => {
    const receiver = await startReceiver(200);
    await send(receiver.url, { secret: undefined, headers: { 'x-team': 'shop' } });
    await send(receiver.url, { headers: { 'webhook-signature': 'v1,forged', 'Webhook-Id': 'forged' } });
    const [unsigned, signed] = receiver.deliveries;
    expect(unsigned?.headers).toMatchObject({ 'x-team': 'shop', 'content-type': 'application/json' });
    expect(unsigned?.headers['webhook-signature']).toBeUndefined();
    if (signed === undefined) throw new Error('nothing arrived');
    expect(() => verify(signed, Date.now())).not.toThrow();
    await receiver.close();
  });
});
