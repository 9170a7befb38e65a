import type { Incident } from '../../../src/domain/incident.ts';
import { NOTICE_PURPOSES, type NoticePurpose } from '../../../src/domain/job.ts';
import type { Notice } from '../../../src/channels/channel.ts';
import { noticeHtml } from '../../../src/channels/layout/notice-html.ts';
import { noticeText } from '../../../src/channels/layout/notice-text.ts';
import type { NoticeInput } from '../../../src/channels/messages/notice-input.ts';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import {
  BEGAN,
  NOW,
  sampleAlert,
  sampleAttempt,
  sampleEvidence,
  sampleIncident,
  sampleInput,
  sampleTimeline,
} from '../../helpers/sample-incident.ts';

function word(more: Partial<NoticeInput> = {}, incident: Partial<Incident> = {}): Notice {
  return wordNotice(sampleInput({ incident: sampleIncident(incident), ...more }));
}

function fact(notice: Notice, name: string): string {
  return notice.facts.find(([label]) => label === name)?.[1] ?? '';
}

function said(notice: Notice): string {
  return noticeText(notice, []);
}

describe('a page to Level 2', () => {
  it('says what, since when, how bad, where, and what is wanted until when', () => {
    const notice = word();
    expect(notice.subject).toBe('[INC-42] CheckoutErrors: Checkout answers 12 % of requests with 500');
    expect(notice.headline).toBe(
      'Level 2: CheckoutErrors: Checkout answers 12 % of requests with 500, and 2 more alerts. Please acknowledge it by 03:27 UTC (in 11 min); after that it escalates.',
    );
    expect(fact(notice, 'Since')).toBe('2026-01-05 03:12:05 UTC (4 min ago)');
    expect(fact(notice, 'How bad')).toBe('P2, critical: 3 of 3 alerts fire, 2 targets hit');
    expect(fact(notice, 'Where')).toBe('service checkout · environment prod · instance shop-1:8080 · team shop');
    expect(fact(notice, 'Category')).toBe(
      'Cloud service interruption (82 % sure): Requests to a service fail (rule service-5xx)',
    );
    expect(notice.links[0]).toEqual({
      title: 'Acknowledge INC-42',
      url: 'https://bell.example.org/ack/abc123',
      ours: true,
      acknowledges: true,
    });
  });

  it.each([
    ['a full stop', 'It runs out of space within 24 hours.', 1, 'It runs out of space within 24 hours. Please'],
    ['a full stop, of several', 'It runs out of space.', 3, 'It runs out of space, and 2 more alerts. Please'],
    ['a question mark', 'Is anybody there?', 1, 'Is anybody there? Please'],
    ['dots where it was cut', 'It runs out of…', 1, 'It runs out of… Please'],
  ])('of an alert whose summary ends with %s has one mark there', (_name, title, firing, expected) => {
    expect(word({}, { title, firing }).headline).toContain(expected);
    expect(word({ purpose: 'evidence' }, { title, firing }).headline).not.toMatch(/[.][.:;,]/);
    for (const purpose of ['escalation', 'fallback', 'resolved'] as const)
      expect(word({ purpose }, { title, firing }).headline).not.toMatch(/[.?…][.;,]/);
  });

  it('at the last step does not promise that somebody else will be called', () => {
    expect(word({}, { lastStep: true }).headline).toMatch(
      /by 03:27 UTC \(in 11 min\); no further level follows, so after that the fallback is told\.$/,
    );
  });

  it('without links says why, and which command acknowledges', () => {
    const notice = word({ ackUrl: null, consoleUrl: null });
    expect(notice.links.filter(({ ours }) => ours)).toEqual([]);
    expect(notice.hint).toBe(
      'To acknowledge, type: tierbell incident ack INC-42 (This message holds no links, because the bridge runs without --web.external-url.)',
    );
  });

  it('promises the logs where they are still being collected, and never shows an empty box', () => {
    expect(said(word())).toContain('Logs are being collected and follow in this thread.');
    const none = sampleEvidence({
      lines: [],
      counts: {},
      reason: 'The index logs-* has no line of service = checkout in this window; check fields.scope.',
    });
    expect(said(word({}, { evidence: [none] }))).toContain('has no line of service = checkout');
    const away = sampleEvidence({
      state: 'unavailable',
      lines: [],
      reason: 'Elasticsearch refuses the login: check auth of log store elk.',
    });
    expect(said(word({}, { evidence: [away] }))).toContain('Not available: Elasticsearch refuses the login');
    const part = sampleEvidence({ state: 'partial', reason: '2 of 5 shards failed.' });
    expect(said(word({}, { evidence: [part] }))).toContain('Only a part: 2 of 5 shards failed.');
  });

  it('shows at most twenty log lines, each with its count, and a trace with its lines', () => {
    const lines = Array.from({ length: 50 }, (_, index) => ({
      at: BEGAN,
      level: 'error',
      service: 's',
      text: `line ${index}`,
      count: index + 1,
    }));
    const many = word({}, { evidence: [sampleEvidence({ lines })] }).sections.find(({ code }) => code);
    expect(many?.title).toBe('Log lines, 20 of 50 (UTC)');
    expect(many?.text.split('\n')).toHaveLength(20);
    expect(said(word({}, { evidence: [sampleEvidence()] }))).toContain(
      '12× 03:12:01 error checkout  dial tcp 10.4.0.7:5432',
    );
  });

  it('says what a dry run would have run', () => {
    const text = said(
      word(
        {},
        {
          attempts: [
            sampleAttempt({
              state: 'dry_run',
              exitCode: null,
              output: '/usr/bin/ssh shop-1 systemctl restart -- checkout.service',
            }),
          ],
        },
      ),
    );
    expect(text).toContain('was not run (dry run); this is what it would have done');
    expect(text).toContain('/usr/bin/ssh shop-1 systemctl restart -- checkout.service');
  });

  it('says of a category that nobody could decide that a person decides, with the best guess', () => {
    const classification = { ...sampleIncident().classification, category: 'unclassified' as const, confidence: 0.4 };
    expect(fact(word({}, { classification }), 'Category')).toMatch(
      /^not decided, a person decides; the best guess is Network downtime \(12 %\)/,
    );
  });

  it('that comes late, when somebody has it, asks for nothing', () => {
    const notice = word({}, { status: 'acknowledged', acknowledgedBy: 'ada', acknowledgedAt: NOW - 1000 });
    expect(notice.headline).toContain('ada has had it since 03:15 UTC');
    expect(notice.links.map(({ title }) => title)).not.toContain('Acknowledge INC-42');
    expect(notice.hint).toBe('');
  });

  it('where no deadline runs still says what to do', () => {
    expect(word({}, { deadlines: {} }).headline).toContain('Please acknowledge it and take it on.');
  });
});

describe('an escalation', () => {
  const bundle = {
    name: 'INC-42-handover-1.zip',
    content: new Uint8Array(3),
    sha256: 'ab'.repeat(32),
    n: 1,
    meeting: null,
  };
  const escalated = { level: '3' as const, attempts: [sampleAttempt()], evidence: [sampleEvidence()] };

  it('says why it comes up, what was tried and how it ended, and what happened so far', () => {
    const notice = word(
      { purpose: 'escalation', level: '3', why: 'nobody acknowledged in time', timeline: sampleTimeline(), bundle },
      escalated,
    );
    expect(notice.headline).toMatch(/^It comes to Level 3 because nobody acknowledged in time: CheckoutErrors/);
    const text = said(notice);
    expect(text).toContain('Restart the failed systemd unit (restart-unit) on shop-1: failed. Exit status 1.');
    expect(text).toContain('control process exited with error code');
    expect(text).toMatch(/03:14 UTC {2}Escalated to Level 3: nobody acknowledged in time/);
    expect(text).toContain('ab'.repeat(32));
    expect(notice.attachments.map(({ name }) => name)).toEqual(['INC-42-handover-1.zip']);
  });

  it('takes its reason from the record where the job gives none', () => {
    const escalations = [{ from: '2', to: '3', reason: 'fix_unknown', at: NOW, by: 'tierbell' } as const];
    expect(word({ purpose: 'escalation', level: '3' }, { ...escalated, escalations }).headline).toContain(
      'because the outcome of the known fix is not known',
    );
  });

  it('of a long story tells the beginning and the end', () => {
    const timeline = Array.from({ length: 60 }, (_, index) => ({
      at: new Date(BEGAN + index * 1000).toISOString(),
      type: 'note',
      text: `entry ${index}`,
    }));
    const rows =
      word({ purpose: 'escalation', timeline })
        .sections.find(({ title }) => title === 'What happened so far')
        ?.text.split('\n') ?? [];
    expect(rows).toHaveLength(13);
    expect(rows[0]).toContain('entry 0');
    expect(rows[3]).toBe('… 48 entries between …');
    expect(rows.at(-1)).toContain('entry 59');
  });
});

describe('what follows in the thread', () => {
  it('brings the logs that were promised', () => {
    const notice = word({ purpose: 'evidence' }, { evidence: [sampleEvidence()] });
    expect(notice.headline).toMatch(/^The logs for INC-42, .*: 14 error lines of 3 kinds/);
    expect(said(notice)).toContain('connection refused');
  });

  it.each([
    [{ resolvedHow: 'alerts', resolvedBy: 'tierbell' } as const, 'as every alert is quiet'],
    [{ resolvedHow: 'person', resolvedBy: 'ada' } as const, 'by ada'],
    [
      { resolvedHow: 'fix', resolvedBy: 'tierbell', attempts: [sampleAttempt({ state: 'verified' })] } as const,
      'by the known fix "Restart the failed systemd unit"',
    ],
  ])('says how it was resolved and after how long: %j', (how, words) => {
    const notice = word(
      { purpose: 'resolved' },
      { ...how, status: 'resolved', resolvedAt: BEGAN + 602_000, deadlines: {} },
    );
    expect(notice.headline).toContain(`Resolved at 03:22 UTC after 10 min, ${words}`);
    expect(notice.hint).toContain('Nothing is wanted of you');
  });

  it('says that it fires again', () => {
    expect(word({ purpose: 'reopened' }).headline).toMatch(
      /it fires again, CheckoutErrors.*acknowledge it by 03:27 UTC/,
    );
  });

  it('informs without asking for anything', () => {
    const notice = word({ purpose: 'inform', why: 'a known fix failed' });
    expect(notice.headline).toBe(
      'For your information: CheckoutErrors: Checkout answers 12 % of requests with 500, and 2 more alerts; a known fix failed.',
    );
    expect(notice.links.map(({ title }) => title)).not.toContain('Acknowledge INC-42');
  });

  it('tells the fallback what nobody received, and what to do about it', () => {
    const told = [
      {
        channel: 'l2-mail',
        purpose: 'page',
        level: '2',
        at: NOW,
        ok: false,
        detail: 'the mail server refuses this mail for good',
      } as const,
    ];
    const text = said(
      word(
        {
          purpose: 'fallback',
          why: 'level2 could not be told over l2-mail: the mail server refuses this mail for good',
        },
        { told },
      ),
    );
    expect(text).toContain('Perhaps nobody knows of this: level2 could not be told over l2-mail');
    expect(text).toContain('Reach shop (Level 2) in another way');
    expect(text).toContain('tierbell incident ack INC-42');
    expect(text).toMatch(/03:16 UTC {2}l2-mail \(page\): the mail server refuses/);
    expect(text).toContain('3. Mend the channel that failed');
  });

  it('tells the fallback of no broken channel where everybody was told and nobody answered', () => {
    const text = said(word({ purpose: 'fallback', why: 'nobody acknowledged in time' }, { told: [] }));
    expect(text).toContain('2. Whoever has it acknowledges');
    expect(text).not.toContain('Mend the channel');
  });

  it('an incident of one alert is told by its title alone', () => {
    expect(word({}, { firing: 1 }).headline).toContain('12 % of requests with 500. Please');
  });
});

describe('every message', () => {
  it.each(NOTICE_PURPOSES)(
    '"%s" has the same subject, one line of headline, facts, and the incident for machines',
    (purpose: NoticePurpose) => {
      const notice = word({ purpose });
      expect(notice.subject).toBe(word().subject);
      expect(notice.headline).toMatch(/^\S.*[^\s]$/);
      expect(notice.headline).not.toContain('\n');
      expect(notice.payload).toMatchObject({
        id: 'INC-42',
        uid: notice.uid,
        nextStep: { at: '2026-01-05T03:27:00.000Z', action: 'escalate unless acknowledged' },
      });
      expect(wordNotice(sampleInput({ purpose }))).toEqual(wordNotice(sampleInput({ purpose })));
    },
  );

  it.each([
    ['markup', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
    ['line breaks', 'a\r\nBcc: x@example.org\r\n\r\nbody'],
    ['Unicode line separators', 'a\u2028b\u2029c'],
    ['the end of a CDATA section', ']]></td></table><b>'],
    ['backticks', '``` ```` ` # heading [link](http://evil.example)'],
    ['reversed text and NUL', '\u202eesrever\u0000'],
    ['a lone surrogate', 'x\ud800y'],
    ['attributes', '" onmouseover="alert(1)" x="'],
    ['nothing', ''],
    ['ten thousand characters', 'A'.repeat(10_000)],
  ])('keeps hostile text harmless: %s', (_name, nasty) => {
    const labels = JSON.parse(
      JSON.stringify({ alertname: nasty, instance: nasty, severity: nasty, ['__proto__']: nasty }),
    ) as Record<string, string>;
    const alert = sampleAlert({
      labels,
      annotations: { summary: nasty, runbook_url: nasty, dashboard_url: `javascript:${nasty}` },
      generatorURL: nasty,
    });
    const incident = {
      title: nasty,
      service: nasty,
      team: nasty,
      environment: nasty,
      labels,
      annotations: alert.annotations,
      generatorURL: nasty,
      evidence: [
        sampleEvidence({
          reason: nasty,
          scope: nasty,
          url: nasty,
          lines: [{ at: null, level: nasty, service: nasty, text: nasty, count: 1 }],
        }),
      ],
      attempts: [sampleAttempt({ title: nasty, target: nasty, output: nasty, reasons: [nasty] })],
      classification: { ...sampleIncident().classification, reasons: [nasty, nasty] },
      told: [{ channel: nasty, purpose: 'page', level: '2', at: NOW, ok: false, detail: nasty } as const],
    };
    for (const purpose of NOTICE_PURPOSES) {
      const notice = word({ purpose, why: nasty, recipient: nasty, alerts: [alert, alert] }, incident);
      expect(notice.subject).toMatch(/^\[INC-42\]/);
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      const control = /[\u0000-\u0008\u000b-\u001f\u2028\u2029\u202e\ud800]/;
      expect(notice.subject + notice.headline + notice.facts.flat().join('')).not.toMatch(/[\n]/);
      const [text, html] = [noticeText(notice, [nasty]), noticeHtml(notice, [nasty])];
      expect(text).not.toMatch(control);
      expect(html).not.toMatch(control);
      expect(html).not.toMatch(/<(script|img|b)\b|href="(?!https?:)|<[^>]*\son\w+=/i);
      expect(html.match(/<table/g)?.length).toBe(1);
      expect(html.match(/<h1>/g)).toHaveLength(1);
    }
  });

  it('opens pages of strangers only under their own host name, and never as a button', () => {
    const annotations = { runbook_url: 'https://evil.example/a"b<c', summary: 'x' };
    const notice = word({}, { annotations });
    expect(notice.links.find(({ ours }) => !ours)).toMatchObject({ title: 'Runbook (evil.example)' });
    expect(noticeHtml(notice, [])).not.toMatch(/class="button[^"]*" href="https:\/\/evil/);
  });

  it('survives dates that no calendar holds', () => {
    const odd = { startsAt: Number.NaN, createdAt: BEGAN };
    expect(() =>
      word({ alerts: [sampleAlert({ startsAt: 9e15, endsAt: Number.POSITIVE_INFINITY })] }, odd),
    ).not.toThrow();
    expect(fact(word({}, { startsAt: -62_135_596_800_000 }), 'Since')).toMatch(/^0001-01-01/);
  });
});
