import { aroundLines } from '../../../src/channels/messages/around-section.ts';
import { noticeHtml } from '../../../src/channels/layout/notice-html.ts';
import { noticeText } from '../../../src/channels/layout/notice-text.ts';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import { discreetNotice } from '../../../src/channels/messages/discreet.ts';
import { aroundFiles } from '../../../src/handover/around-files.ts';
import { readme } from '../../../src/handover/readme.ts';
import { aroundSamples } from '../../helpers/around-samples.ts';
import { BEGAN, NOW, sampleEvidence, sampleIncident, sampleInput } from '../../helpers/sample-incident.ts';

const EVIL = ' <script>alert(1)</script> [x](javascript:y) <!channel>\u202e\n# head';
const incident = (said = '') => sampleIncident({ evidence: [sampleEvidence(), ...aroundSamples(BEGAN, said)] });

it('what stands around is a line each, short, in the order in which it is read', () => {
  expect(aroundLines(incident())).toEqual([
    'Changed: checkout 4.2.1 deployed (prod) 6 min before the alert, by ada',
    'Changed: checkout failed to be reconfigured (prod) 1 h 11 min before the alert, by ben: Pool of 20 connections',
    'Metric: 0.02 → 0.3 at 03:08, threshold > 0.05 (instance=shop-1) (and 1 more)',
    'Provider: cloudflare reports: DNS fails (major), since 12 min before the alert',
    'Provider: not available: psp (status.psp.example): no answer within the time allowed.',
    'Also: INC-2 DiskFull: 97 % on shop-1: 3 min before the alert, same place shop-1, warning, firing',
    'Before: INC-1 CheckoutErrors: 9 % of requests fail, 12 d ago: resolved by ada after 25 min: rolled 4.1.0 back; note: The pool was too small',
  ]);
  for (const line of aroundLines(incident('x'.repeat(5_000)))) expect(line.length).toBeLessThanOrEqual(280);
});

it.each(['page', 'evidence', 'escalation'] as const)(
  'the %s carries it, and to those who may not know it says nothing of it',
  (purpose) => {
    const input = sampleInput({ purpose, incident: incident() });
    const forms = (notice: ReturnType<typeof wordNotice>) => [noticeText(notice, []), noticeHtml(notice, [])];
    for (const text of forms(wordNotice(input)))
      expect(text).toMatch(/checkout 4\.2\.1 deployed[^]*INC-1 CheckoutErrors/);
    for (const text of forms(discreetNotice(input)))
      expect(text).not.toMatch(/4\.2\.1|cloudflare|INC-1\b|DiskFull|rolled/);
  },
);

it('where there are no logs, the message that follows begins with what was found', () => {
  const noLogs = sampleEvidence({ state: 'unavailable', store: '', lines: [], reason: 'No log store.' });
  const found = sampleIncident({ evidence: [noLogs, ...aroundSamples(BEGAN)] });
  expect(wordNotice(sampleInput({ purpose: 'evidence', incident: found })).headline).toMatch(
    /^Found around INC-42, .*: Changed: checkout 4\.2\.1 deployed/,
  );
});

it('lies in the bundle in words and as a drawing, and the README tells the most telling', () => {
  const files = new Map(aroundFiles(incident()));
  expect([...files.keys()]).toEqual(['evidence/around.md', 'evidence/metric-1.svg']);
  expect(files.get('evidence/metric-1.svg')).toMatch(/^<svg xmlns[^]*<\/svg>\n$/);
  expect(files.get('evidence/around.md')).toMatch(/## What changed[^]*NOT AVAILABLE[^]*## Similar past incidents/);
  const input = {
    incident: incident(),
    alerts: [],
    timeline: [],
    raw: [],
    links: [],
    procedure: [],
    why: '',
    meetingUrl: null,
    now: NOW,
  };
  expect(readme(input)).toMatch(/## What else is known\n\n- \*\*What changed\*\*: checkout 4\.2\.1 deployed/);
  expect(readme(input)).not.toMatch(/What changed just before it began\?/);
});

it('hostile texts stay texts everywhere', () => {
  const bad = incident(EVIL);
  const notice = wordNotice(sampleInput({ purpose: 'page', incident: bad }));
  expect(noticeHtml(notice, [])).not.toMatch(/<script>alert|<!channel/);
  for (const [name, text] of aroundFiles(bad)) {
    if (name.endsWith('.svg')) expect(text).not.toMatch(/<script/);
    else expect(text).not.toMatch(/^# head/m);
    expect(text).not.toContain('\u202e');
  }
});
