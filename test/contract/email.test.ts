import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Notice, SendResult } from '../../src/channels/channel.ts';
import { email } from '../../src/channels/kinds/email.ts';
import { wordNotice } from '../../src/channels/messages/word-notice.ts';
import { BEGAN, NOW, UID, sampleAlert, sampleIncident, sampleInput } from '../helpers/sample-incident.ts';

interface Post {
  readonly port: number;
  readonly mails: { readonly raw: string; readonly parsed: ParsedMail; readonly to: readonly string[] }[];
  connections(): number;
  close(): Promise<void>;
}

/** A real SMTP server that keeps what it takes. */
async function startPost(options: SMTPServerOptions = {}): Promise<Post> {
  const mails: Post['mails'] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const raw = Buffer.concat(parts);
        const to = session.envelope.rcptTo.map(({ address }) => address);
        simpleParser(raw).then((parsed) => {
          if (stream.sizeExceeded)
            return done(Object.assign(new Error('5.3.4 message too big'), { responseCode: 552 }));
          mails.push({ raw: raw.toString('utf8'), parsed, to });
          done();
        }, done);
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function channelTo(post: Post, more: { to?: string[]; from?: string } = {}) {
  const smtp_url = `smtp://127.0.0.1:${post.port}`;
  return email.create(
    email.config.parse({
      name: 'l3-mail',
      kind: 'email',
      smtp_url,
      from: 'Tierbell <bell@example.org>',
      to: ['l3@example.org'],
      ...more,
    }),
  );
}

async function sendAll(
  post: Post,
  notices: readonly Notice[],
  more: { to?: string[]; from?: string } = {},
): Promise<SendResult[]> {
  const channel = channelTo(post, more);
  try {
    const results: SendResult[] = [];
    for (const notice of notices) results.push(await channel.send(notice, AbortSignal.timeout(100_000)));
    return results;
  } finally {
    await channel.close();
  }
}

const bundle = (bytes: number) => ({
  name: 'INC-42-handover-1.zip',
  content: new Uint8Array(bytes).fill(65),
  sha256: 'b'.repeat(64),
  n: 1,
  meeting: null,
});

describe('mail', () => {
  let post: Post;
  afterEach(() => post.close());

  it('of one incident stands in one thread: one subject, one reference, ids that are the same over retries', async () => {
    post = await startPost();
    const page = wordNotice(sampleInput());
    const resolved = wordNotice(
      sampleInput({
        id: 'second',
        purpose: 'resolved',
        incident: sampleIncident({ status: 'resolved', resolvedAt: NOW, resolvedHow: 'alerts' }),
      }),
    );
    await sendAll(post, [page, page, resolved]);
    const [first, again, last] = post.mails.map(({ parsed }) => parsed);
    expect(first?.messageId).toBe('<0199d0a2-aaaa-7000-8000-000000000001@tierbell.example.org>');
    expect(again?.messageId).toBe(first?.messageId);
    expect(last?.messageId).not.toBe(first?.messageId);
    expect(last?.subject).toBe(first?.subject);
    expect(first?.subject).toBe('[INC-42] CheckoutErrors: Checkout answers 12 % of requests with 500');
    for (const mail of [first, last]) {
      expect(mail?.inReplyTo).toBe(`<${UID}@tierbell.example.org>`);
      expect(mail?.references).toBe(`<${UID}@tierbell.example.org>`);
      expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    }
  });

  it('says in text and in HTML what it is, what is wanted and how to do it', async () => {
    post = await startPost();
    await sendAll(post, [wordNotice(sampleInput())]);
    const mail = post.mails[0]?.parsed;
    for (const part of [mail?.text ?? '', mail?.html === false ? '' : (mail?.html ?? '')]) {
      expect(part).toContain('CheckoutErrors');
      expect(part).toContain('acknowledge it by 03:27 UTC (in 11 min)');
      expect(part).toContain('https://bell.example.org/ack/abc123');
      expect(part).toContain('tierbell incident ack INC-42');
    }
    expect(mail?.date?.getTime()).toBe(Math.floor(NOW / 1000) * 1000);
  });

  it('carries the bundle byte for byte', async () => {
    post = await startPost();
    await sendAll(post, [
      wordNotice(
        sampleInput({ purpose: 'escalation', bundle: { ...bundle(1_000_000), meeting: 'BEGIN:VCALENDAR\r\n' } }),
      ),
    ]);
    const files = post.mails[0]?.parsed.attachments ?? [];
    expect(files.map(({ filename, contentType }) => [filename, contentType])).toEqual([
      ['INC-42-handover-1.zip', 'application/zip'],
      ['meeting.ics', 'text/calendar'],
    ]);
    expect(files[0]?.content.equals(Buffer.alloc(1_000_000, 65))).toBe(true);
    expect(files[1]?.content.toString()).toBe('BEGIN:VCALENDAR\r\n');
  });

  it('leaves out what is over 7 MB and says where it lies', async () => {
    post = await startPost();
    const input = sampleInput({ purpose: 'escalation', bundle: bundle(7_000_001) });
    await sendAll(post, [
      wordNotice(input),
      wordNotice({ ...input, id: 'b', ackUrl: null, consoleUrl: null, bundleUrl: null }),
    ]);
    expect(post.mails.map(({ parsed }) => parsed.attachments.length)).toEqual([0, 0]);
    expect(post.mails[0]?.parsed.text).toContain(
      'is too large for this message. Fetch it from https://bell.example.org/api/v1/incidents/INC-42/handover.zip?n=1',
    );
    expect(post.mails[1]?.parsed.text).toContain('/api/v1/incidents/INC-42/handover.zip?n=1 of the bridge');
    expect(post.mails[1]?.parsed.html).toContain('is too large for this message');
  });

  it('goes out without its file where the server takes only small mails', async () => {
    post = await startPost({ size: 200_000 });
    const [result] = await sendAll(post, [wordNotice(sampleInput({ purpose: 'escalation', bundle: bundle(500_000) }))]);
    expect(result).toMatchObject({ ok: true });
    expect(post.mails).toHaveLength(1);
    expect(post.mails[0]?.parsed.text).toContain('is too large for this message');
  });

  it('that only some recipients get is a success that names the others', async () => {
    post = await startPost({
      onRcptTo: ({ address }, _session, done) =>
        done(
          address === 'gone@example.org' ? Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }) : null,
        ),
    });
    const [result] = await sendAll(post, [wordNotice(sampleInput())], { to: ['l3@example.org', 'gone@example.org'] });
    expect(result).toMatchObject({ ok: true });
    expect(result?.detail).toContain('accepted for l3@example.org');
    expect(result?.detail).toMatch(/REFUSED for gone@example\.org \(550 .*no such user/);
    expect(post.mails[0]?.to).toEqual(['l3@example.org']);
  });

  it('with hostile text adds no header, no recipient and no markup', async () => {
    post = await startPost();
    const nasty =
      'x\r\nBcc: victim@example.org\u2028\r\n\r\n<script>alert(1)</script>\u0000"><img src=//evil.example/x>';
    const alert = sampleAlert({
      labels: { alertname: nasty, instance: nasty },
      annotations: { summary: nasty, runbook_url: 'javascript:alert(1)' },
    });
    const incident = sampleIncident({
      title: nasty,
      labels: alert.labels,
      annotations: alert.annotations,
      service: nasty,
      generatorURL: `https://evil.example/"onmouseover="x`,
    });
    await sendAll(post, [wordNotice(sampleInput({ incident, alerts: [alert] }))]);
    const { raw, parsed, to } = post.mails[0] ?? { raw: '', parsed: null, to: [] };
    expect(to).toEqual(['l3@example.org']);
    expect(parsed?.headers.has('bcc')).toBe(false);
    expect(parsed?.subject).toMatch(/^\[INC-42\] x Bcc: victim@example\.org/);
    expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/im);
    const html = parsed?.html === false ? '' : (parsed?.html ?? '');
    expect(html).not.toMatch(/<script|<img|javascript:|[\s"']on\w+=["']/i);
    expect(html).toContain('&#60;script&#62;');
  });

  it('loads nothing from anywhere: no picture, no style sheet, no font', async () => {
    post = await startPost();
    await sendAll(post, [wordNotice(sampleInput())]);
    expect(post.mails[0]?.parsed.html).not.toMatch(
      /<(img|link|script|iframe|object|video|audio|form)\b|url\(|@import|\ssrc=/i,
    );
  });

  it('of a burst goes over at most two connections', async () => {
    post = await startPost();
    const channel = channelTo(post);
    const notices = Array.from({ length: 12 }, (_, index) => wordNotice(sampleInput({ id: `burst-${index}` })));
    const results = await Promise.all(notices.map((notice) => channel.send(notice, AbortSignal.timeout(100_000))));
    await channel.close();
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(post.mails).toHaveLength(12);
    expect(post.connections()).toBeLessThanOrEqual(2);
  });

  it('with an id that fits no Message-ID still has one that is stable and its own', async () => {
    post = await startPost();
    const ids = ['a:b:c', 'a:b:c', 'a/b/c', 'ü>\r\nX: y'];
    await sendAll(
      post,
      ids.map((id) => wordNotice(sampleInput({ id }))),
      { from: 'bell@exämple.org' },
    );
    const seen = post.mails.map(({ parsed }) => parsed.messageId ?? '');
    expect(seen[0]).toBe(seen[1]);
    expect(new Set(seen).size).toBe(3);
    for (const id of seen) expect(id).toMatch(/^<[A-Za-z0-9_-]+@tierbell\.invalid>$/);
    expect(BEGAN).toBeLessThan(NOW);
  });
});

describe('settings of a mail channel', () => {
  it('whose certificate file is missing fail with that, and may work later', async () => {
    const channel = email.create(
      email.config.parse({
        name: 'm',
        kind: 'email',
        smtp_url: 'smtps://127.0.0.1:1',
        from: 'a@example.org',
        to: ['b@example.org'],
        tls_config: { ca_file: '/nonexistent/ca.pem' },
      }),
    );
    expect(await channel.send(wordNotice(sampleInput()), AbortSignal.timeout(100_000))).toMatchObject({
      ok: false,
      reason: 'misconfigured',
      retryable: true,
    });
    await channel.close();
  });
});
