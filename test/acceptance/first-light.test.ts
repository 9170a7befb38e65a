import { unzipSync } from 'fflate';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { DESK, LEVEL2, LEVEL3 } from '../helpers/configuration.ts';
import { incident, mailsOf, timeline, waitForIncident, type EntryJson } from '../helpers/incident-api.ts';
import { followChain, sha256, trustWebhook } from '../helpers/independent.ts';
import { describeWith } from '../helpers/requires.ts';
import { runProgram } from '../helpers/run-program.ts';
import { SHOP_CAUSE } from '../helpers/shop.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { ANSWERED_WITHIN_MS, PUBLIC_URL, startHouse, type House } from '../helpers/whole-house.ts';
import { stopEverything } from '../servers/cleanup.ts';

jest.setTimeout(300_000);

/** The states of the attempt as the timeline tells them. */
function fixStates(entries: readonly EntryJson[]): unknown[] {
  return entries.filter(({ type }) => type === 'fix').map(({ data }) => data['state']);
}

function ofType(entries: readonly EntryJson[], type: string): readonly EntryJson[] {
  return entries.filter((entry) => entry.type === type);
}

/** What a click on `Acknowledge` in a mail opens, at the address where the bridge really is. */
function ackLink(house: House, mail: { readonly text: string }): string {
  const link = new RegExp(`${PUBLIC_URL}(/ack/\\S+)`).exec(mail.text)?.[1];
  if (link === undefined) throw new Error(`the mail holds no link to acknowledge:\n${mail.text}`);
  return house.bridge.url + link;
}

function form(fields: Readonly<Record<string, string>>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) };
}

describeWith(['prometheus', 'alertmanager', 'elasticsearch'], 'one real alert goes the whole way', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(stopEverything, 300_000);

  it('a known fix restarts what broke, Prometheus confirms it, and nobody is woken', async () => {
    const { shop, bridge, smtp } = house;
    await shop.break('shop-1');
    const resolved = await waitForIncident(bridge, { instance: 'shop-1' }, ({ status }) => status === 'resolved');

    expect(await shop.isUp('shop-1')).toBe(true);
    expect(shop.restarts().map(({ phase, args }) => [phase, ...args])).toEqual([
      ['began', 'shop-1'],
      ['ended', 'shop-1'],
    ]);
    expect(resolved.resolvedBy).toContain('restart-payment-worker');
    expect(resolved.escalations).toEqual([]);
    expect(resolved.attempts).toMatchObject([
      {
        fix: 'restart-payment-worker',
        target: 'shop-1',
        state: 'verified',
        exitCode: 0,
        output: expect.stringContaining('started the payment worker of shop-1'),
        verification: { state: 'healthy' },
      },
    ]);
    const entries = await timeline(bridge, resolved.id);
    expect(fixStates(entries)).toEqual(['intent', 'started', 'succeeded', 'verified']);
    expect(ofType(entries, 'resolved')).toMatchObject([{ data: { how: 'fix' } }]);

    const [mail] = await waitFor('Level 2 to be informed', () => {
      const mails = mailsOf(smtp, resolved, LEVEL2);
      return mails.length > 0 && mails;
    });
    expect(mail?.text).toContain('Restart the payment worker');
    expect(mail?.text).not.toContain('/ack/');
    expect(mailsOf(smtp, resolved).map((one) => one.headers['x-tierbell-purpose'])).toEqual(['resolved']);
    expect(ofType(await timeline(bridge, resolved.id), 'step_entered')).toEqual([]);
  });

  it('without a fix Level 2 gets mail; its link acts only through its form, and then the escalation stops', async () => {
    const { shop, bridge, smtp } = house;
    await shop.break('shop-2');
    const { id } = await waitForIncident(bridge, { instance: 'shop-2' });
    const mail = await smtp.waitForMail((one) => one.subject.startsWith(`[${id}]`) && one.to.includes(LEVEL2));
    expect(mail.subject).toBe(`[${id}] PaymentWorkerDown: Payments fail on shop-2`);
    const link = ackLink(house, mail);

    // Mail scanners look at links, and some of them post.
    const shown = await fetch(link);
    const page = await shown.text();
    expect([shown.status, (await incident(bridge, id)).status]).toEqual([200, 'triggered']);
    for (const bare of [{ method: 'POST' }, form({}), form({ confirm: 'yes' })]) {
      expect((await fetch(link, bare)).status).toBe(200);
      expect((await incident(bridge, id)).acknowledgedBy).toBeNull();
    }

    const confirm = /name="confirm" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const acted = await fetch(link, form({ confirm }));
    expect([acted.status, await acted.text()]).toEqual([200, expect.stringContaining('Done')]);
    const acknowledged = await incident(bridge, id);
    expect(acknowledged).toMatchObject({ status: 'acknowledged', level: '2', acknowledgedBy: LEVEL2 });
    const entries = await timeline(bridge, id);
    expect(ofType(entries, 'acknowledged')).toMatchObject([{ actor: { kind: 'person', name: LEVEL2 } }]);

    const again = await fetch(link, form({ confirm })); // a form that is sent twice does nothing twice
    expect([again.status, await again.text()]).toEqual([200, expect.stringContaining(LEVEL2)]);
    expect(ofType(await timeline(bridge, id), 'acknowledged')).toHaveLength(1);

    const paged = Date.parse(ofType(entries, 'step_entered')[0]?.at ?? '');
    await sleep(Math.max(0, paged + ANSWERED_WITHIN_MS + 1_500 - Date.now()));
    expect(await incident(bridge, id)).toMatchObject({ status: 'acknowledged', level: '2', escalations: [] });
    expect(mailsOf(smtp, acknowledged, LEVEL3)).toEqual([]);
  });

  describe('nobody answers', () => {
    let id: string;
    let bundle: Uint8Array;
    let files: Record<string, Uint8Array>;
    const text = (name: string): string => new TextDecoder().decode(files[name]);

    it('Level 3 gets mail with the bundle', async () => {
      const { shop, bridge, smtp } = house;
      await shop.log('error', SHOP_CAUSE, 'shop-3'); // first, so that it lies in the store when the alert comes
      await shop.shipped();
      await shop.break('shop-3');
      const escalated = await waitForIncident(bridge, { instance: 'shop-3' }, ({ level }) => level === '3');
      id = escalated.id;
      expect(escalated.status).toBe('triggered');
      expect(escalated.escalations).toMatchObject([{ from: '2', to: '3', reason: 'ack_timeout' }]);
      const mail = await smtp.waitForMail((one) => one.subject.startsWith(`[${id}]`) && one.to.includes(LEVEL3));
      expect(mailsOf(smtp, escalated, LEVEL2, 'page')).toHaveLength(1);
      const zip = mail.attachments.find(({ contentType }) => contentType === 'application/zip');
      expect(zip?.filename).toBe(`${id}-handover-1.zip`);
      bundle = zip?.content ?? new Uint8Array();
      files = unzipSync(bundle);
    });

    it('each of its checksums holds, and none is missing', () => {
      const lines = text('SHA256SUMS').trimEnd().split('\n');
      const sums = lines.map((line) => /^([0-9a-f]{64}) {2}(.+)$/.exec(line)?.slice(1) ?? [line]);
      expect(sums).toEqual(sums.map(([, name = '']) => [sha256(files[name] ?? ''), name]));
      expect(new Set([...sums.map(([, name]) => name), 'SHA256SUMS'])).toEqual(new Set(Object.keys(files)));
      expect(Object.keys(files)).toEqual(
        expect.arrayContaining(['README.md', 'incident.json', 'alerts.json', 'checklist.md', 'meeting.ics']),
      );
    });

    it('its excerpt holds the line that says why, its README that nobody answered', () => {
      expect(text('logs/excerpt.md')).toContain(SHOP_CAUSE);
      expect(text('README.md')).toContain('nobody acknowledged in time');
      expect(JSON.parse(text('incident.json'))).toMatchObject({
        id,
        level: '3',
        category: {
          id: 'software-installation-failure',
          method: 'rule',
          reasons: expect.arrayContaining([expect.stringContaining('(rule ')]),
        },
        evidence: expect.arrayContaining([expect.objectContaining({ kind: 'logs', state: 'complete' })]),
      });
    });

    it('its timeline is chained entry by entry, and is the one that the API shows', async () => {
      const lines = text('timeline.ndjson').trimEnd().split('\n');
      const last = followChain(lines);
      const shown = await timeline(house.bridge, id);
      expect(shown[lines.length - 1]?.hash).toBe(last);
      followChain(shown.map((entry) => JSON.stringify(entry)));
      const packed = ofType(shown, 'handover')[0];
      expect(packed?.data).toMatchObject({ n: 1, sha256: sha256(bundle) });
    });

    it('the same file comes over the API', async () => {
      const answer = await fetch(`${house.bridge.url}/api/v1/incidents/${id}/handover.zip`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
      expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(bundle));
      expect((await house.bridge.api(`/api/v1/incidents/${id}/handover.zip?n=2`)).status).toBe(404);
    });

    it('the webhook of Level 3 is signed as Standard Webhooks have it, and names the file', async () => {
      const request = await house.hook.waitForRequest(({ text: body }) => body.includes(`"${id}"`));
      trustWebhook(request, house.hookSecret);
      expect(request.json()).toMatchObject({
        type: 'incident.escalation',
        data: {
          incident: { id, level: '3' },
          attachments: expect.arrayContaining([expect.objectContaining({ sha256: sha256(bundle) })]),
        },
      });
    });
  });

  it('with Elasticsearch gone people are told at once, and the evidence says why it is missing', async () => {
    const { shop, bridge, smtp, elasticsearch } = house;
    await elasticsearch.stop();
    await shop.break('shop-4');
    const told = await waitForIncident(bridge, { instance: 'shop-4' }, ({ evidence }) => evidence.length > 0);
    const mail = await smtp.waitForMail((one) => one.subject.startsWith(`[${told.id}]`) && one.to.includes(LEVEL2));
    expect(mail.headers['x-tierbell-purpose']).toBe('page');
    expect(told.evidence[0]).toMatchObject({ kind: 'logs', state: 'unavailable', lines: [] });
    expect(told.evidence[0]?.reason).toContain(`refused the connection (${elasticsearch.url}): see whether it runs`);
    // The mail is out before that is on record.
    const paged = await waitFor(
      'the page on record',
      async () => ofType(await timeline(bridge, told.id), 'notified')[0],
    );
    expect(Date.parse(paged.at) - Date.parse(told.createdAt)).toBeLessThan(60_000);
  });

  it('nothing went to the fallback, the log holds no error, and promtool has nothing against the metrics', async () => {
    const { bridge, smtp } = house;
    expect(smtp.mails.filter(({ to }) => to.includes(DESK))).toEqual([]);
    expect(bridge.stderr()).not.toMatch(/level=error|"level":"error"/);
    const { text: metrics, status } = await bridge.api('/metrics');
    expect(status).toBe(200);
    const counted = metrics
      .split('\n')
      .filter((line) => /^tierbell_(fix_attempts|escalations)_total\{.* 1$/.test(line));
    expect(counted).toContain('tierbell_fix_attempts_total{fix="restart-payment-worker",state="verified"} 1');
    expect(counted).toContainEqual(expect.stringContaining('from="2",to="3",reason="ack_timeout"'));
    expect(await runProgram('promtool', ['check', 'metrics'], { input: metrics })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('it ends in order when it is told to', async () => {
    expect(await house.bridge.stop()).toEqual({ code: 0, signal: null });
  });
});
