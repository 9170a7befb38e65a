import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { ATTEMPT_STATES } from '../../../src/domain/incident.ts';
import { findBreak, type WireEntry } from '../../../src/incidents/timeline.ts';
import { buildBundle, type Bundle } from '../../../src/handover/bundle.ts';
import type { BundleInput } from '../../../src/handover/bundle-input.ts';
import { checklist } from '../../../src/handover/checklist.ts';
import {
  NOW,
  UID,
  sampleAlert,
  sampleAttempt,
  sampleEvidence,
  sampleIncident,
  sampleTimeline,
} from '../../helpers/sample-incident.ts';

const RAW = gzipSync('{"message":"connection refused"}\n');

function input(more: Partial<BundleInput> = {}): BundleInput {
  const escalations = [{ from: '2', to: '3', reason: 'ack_timeout', at: NOW, by: 'tierbell' } as const];
  return {
    incident: sampleIncident({ level: '3', escalations, attempts: [sampleAttempt()], evidence: [sampleEvidence()] }),
    alerts: [sampleAlert(), sampleAlert({ fingerprint: '00ff', status: 'resolved', endsAt: NOW })],
    timeline: sampleTimeline(),
    raw: [RAW],
    links: [{ title: 'INC-42', url: 'https://bell.example.org/incidents/INC-42' }],
    procedure: [
      { id: 'read-logs', level: '2', text: 'Read the logs', link: '', done: true, by: 'ada', at: NOW },
      { id: 'restore', level: '3', text: 'Restore the service', link: '', done: false, by: null, at: null },
    ],
    why: 'nobody acknowledged in time',
    meetingUrl: null,
    now: NOW,
    ...more,
  };
}

/** The files of an archive as text, by name. */
function open(bundle: Bundle): Map<string, string> {
  const files = unzipSync(bundle.bytes);
  return new Map(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]));
}

async function build(more: Partial<BundleInput> = {}): Promise<Map<string, string>> {
  return open(await buildBundle(input(more)));
}

describe('a handover bundle', () => {
  it('holds every file of the contract', async () => {
    const bundle = await buildBundle(input());
    expect([...open(bundle).keys()].sort()).toEqual(
      [
        'README.md',
        'SHA256SUMS',
        'alerts.json',
        'checklist.md',
        'fixes/at-1.txt',
        'incident.json',
        'logs/excerpt.md',
        'logs/query.json',
        'logs/raw.ndjson.gz',
        'meeting.ics',
        'timeline.md',
        'timeline.ndjson',
      ].sort(),
    );
    expect([...bundle.files].sort()).toEqual([...open(bundle).keys()].sort());
    expect(bundle.name).toBe('INC-42-handover-1.zip');
    expect(bundle.sha256).toBe(createHash('sha256').update(bundle.bytes).digest('hex'));
  });

  it('passes `sha256sum -c`, and fails it once a byte is changed', async () => {
    const bundle = await buildBundle(input());
    const folder = mkdtempSync(join(tmpdir(), 'tierbell-bundle-'));
    try {
      for (const [name, bytes] of Object.entries(unzipSync(bundle.bytes))) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), bytes);
      }
      const check = (): string =>
        execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
      expect(check().trim().split('\n')).toHaveLength(bundle.files.length - 1);
      writeFileSync(join(folder, 'alerts.json'), '[]\n');
      expect(check).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is the same, byte for byte, for the same input in every time zone', async () => {
    const here = await buildBundle(input());
    const module = new URL('../../../src/handover/bundle.ts', import.meta.url).href;
    const sample = new URL('../../helpers/sample-incident.ts', import.meta.url).href;
    const script = `
      const { buildBundle } = await import(${JSON.stringify(module)});
      const s = await import(${JSON.stringify(sample)});
      const bundle = await buildBundle({ incident: s.sampleIncident(), alerts: [s.sampleAlert()], timeline: s.sampleTimeline(), raw: [], links: [], procedure: [], why: '', meetingUrl: null, now: s.NOW });
      process.stdout.write(bundle.sha256);`;
    const inZone = (TZ: string): string =>
      execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
        env: { ...process.env, TZ },
        encoding: 'utf8',
      });
    expect((await buildBundle(input())).sha256).toBe(here.sha256);
    expect(inZone('Pacific/Apia')).toBe(inZone('America/St_Johns'));
  });

  it('says on one page what, since when, why, what was tried, what is open and who to ask', async () => {
    const readme = (await build()).get('README.md') ?? '';
    for (const heading of [
      'Why it comes to Level 3',
      'What was tried',
      'What the logs say',
      'Open questions',
      'Who to ask',
      'What lies in this bundle',
    ]) {
      expect(readme).toContain(`## ${heading}`);
    }
    expect(readme).toContain('**Since**: 2026-01-05 03:12:05 UTC (3 min 55 s)');
    expect(readme).toContain('**In the console**: <https://bell.example.org/incidents/INC-42>');
    expect(readme).toContain('P2, severity critical; 3 of 3 alerts firing, 2 targets hit');
    expect(readme).toContain('because nobody acknowledged it in time');
    expect(readme).toContain('Restart the failed systemd unit on shop-1: failed, exit status 1');
    expect(readme).toContain('14 error lines of 3 kinds');
    expect(readme.split('\n').length).toBeLessThan(70);
  });

  it('counts one as one', async () => {
    const incident = sampleIncident({ impact: { alerts: 1, targets: 1 }, firing: 1 });
    const readme = (await build({ incident })).get('README.md') ?? '';
    expect(readme).toContain('1 of 1 alert firing, 1 target hit');
  });

  it('carries a timeline whose chain can be checked', async () => {
    const lines = (await build()).get('timeline.ndjson') ?? '';
    const entries = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as WireEntry);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(findBreak(entries)).toBeNull();
    expect(findBreak(entries.with(1, { ...(entries[1] as WireEntry), text: 'Told nobody' }))).toBe(
      'entry 2 was edited',
    );
  });

  it('carries the incident and its alerts as the wire has them', async () => {
    const files = await build();
    const incident = JSON.parse(files.get('incident.json') ?? '') as Record<string, unknown>;
    expect(incident).toMatchObject({
      id: 'INC-42',
      uid: UID,
      level: '3',
      category: { id: 'cloud-service-interruption', confidence: 0.82, method: 'rule' },
      createdAt: '2026-01-05T03:12:07.000Z',
      escalations: [{ from: '2', to: '3', reason: 'ack_timeout', at: '2026-01-05T03:16:00.000Z', by: 'tierbell' }],
      evidence: [
        {
          kind: 'logs',
          state: 'complete',
          windows: [{ from: '2026-01-05T03:02:05.000Z' }],
          lines: [{ at: '2026-01-05T03:12:01.000Z', count: 12 }, {}, {}],
        },
      ],
      attempts: [{ id: 'at-1', state: 'failed', startedAt: '2026-01-05T03:14:30.000Z', exitCode: 1 }],
      assessment: null,
      owner: null,
      watchers: [],
      snoozedUntil: null,
      mergedInto: null,
      procedure: [
        { id: 'read-logs', level: '2', step: 'Read the logs', done: true, by: 'ada', at: '2026-01-05T03:16:00.000Z' },
        { id: 'restore', level: '3', step: 'Restore the service', done: false, by: null, at: null },
      ],
      similar: [],
    });
    expect(JSON.parse(files.get('alerts.json') ?? '')).toMatchObject([
      { endsAt: null },
      { fingerprint: '00ff', endsAt: '2026-01-05T03:16:00.000Z' },
    ]);
  });

  it('carries the raw lines of every collection in one file that gzip reads', async () => {
    const bundle = await buildBundle(input({ raw: [RAW, gzipSync('{"message":"second"}\n')] }));
    const raw = unzipSync(bundle.bytes)['logs/raw.ndjson.gz'] ?? new Uint8Array();
    expect(gunzipSync(raw).toString()).toBe('{"message":"connection refused"}\n{"message":"second"}\n');
    const none = unzipSync((await buildBundle(input({ raw: [] }))).bytes)['logs/raw.ndjson.gz'] ?? new Uint8Array();
    expect(gunzipSync(none)).toHaveLength(0);
  });

  it('says why there are no logs, in a file that is there all the same', async () => {
    const nothing = await build({ incident: sampleIncident({ level: '3' }), raw: [] });
    expect(nothing.get('logs/excerpt.md')).toContain('No logs were collected before this bundle was packed');
    expect(nothing.get('logs/excerpt.md')).toContain('`raw.ndjson.gz` is empty');
    const away = sampleEvidence({
      state: 'unavailable',
      lines: [],
      windows: [],
      counts: {},
      rawBlob: null,
      reason: 'Elasticsearch did not answer within 5 s',
    });
    const excerpt = (await build({ incident: sampleIncident({ evidence: [away] }), raw: [] })).get('logs/excerpt.md');
    expect(excerpt).toContain('NOT AVAILABLE. Elasticsearch did not answer within 5 s');
    const lost = (await build({ raw: [] })).get('logs/excerpt.md');
    expect(lost).toContain('1 of 1 collections could not be read');
  });

  it('shows each log line with its count, its time and its whole trace', async () => {
    const excerpt = (await build()).get('logs/excerpt.md') ?? '';
    expect(excerpt).toContain('12×  2026-01-05T03:12:01.000Z  error  checkout  dial tcp 10.4.0.7:5432');
    expect(excerpt).toContain('at handle (/srv/checkout/http.js:88:3)');
    expect(excerpt).toContain('Scope: service = checkout');
    expect(excerpt).toContain('412 records');
  });

  it.each(ATTEMPT_STATES)('tells of an attempt that is %s', async (state) => {
    const files = await build({ incident: sampleIncident({ attempts: [sampleAttempt({ state })] }) });
    expect(files.get('fixes/at-1.txt')).toMatch(new RegExp(`State +${state}: it \\w`));
    expect(files.get('fixes/at-1.txt')).toContain('control process exited');
  });

  it('names files after ids alone, so that nothing lands outside its folder', async () => {
    const ids = [
      '../../etc/cron.d/x',
      '/etc/passwd',
      '..\\..\\x',
      'C:\\x',
      'a\u0000b',
      '',
      '.',
      '..',
      'same',
      'same',
      'SAME',
      'ü'.repeat(300),
      'a\nb  SHA',
    ];
    const bundle = await buildBundle(
      input({ incident: sampleIncident({ attempts: ids.map((id) => sampleAttempt({ id })) }) }),
    );
    const fixes = bundle.files.filter((name) => name.startsWith('fixes/'));
    expect(new Set(fixes.map((name) => name.toLowerCase())).size).toBe(ids.length);
    for (const name of bundle.files) {
      expect(name).toMatch(/^([A-Za-z0-9_-]+\/)?[A-Za-z0-9_-]+(\.[A-Za-z0-9]+)*$/);
      expect(relative('/x', join('/x', name))).toBe(name);
    }
  });

  it.each([
    ['fences', '```\n# I am a heading\n````\n[click](http://evil.example)\n~~~'],
    ['markup', '<script>alert(1)</script> <img src=x>'],
    ['links that need no brackets', 'see http://evil.example and www.evil.example'],
    ['headings and lists', '# heading\n- item\n1. item\n> quote'],
    ['separators and controls', 'a\u2028b\u0000c\u202ed\r\ne'],
    ['backticks', '`` ` ``'],
  ])('keeps hostile text inert in Markdown: %s', async (_name, nasty) => {
    const evidence = [
      sampleEvidence({
        reason: nasty,
        scope: nasty,
        store: nasty,
        url: nasty,
        lines: [{ at: null, level: nasty, service: nasty, text: nasty, count: 1 }],
      }),
    ];
    const attempts = [sampleAttempt({ title: nasty, target: nasty, reasons: [nasty], output: nasty })];
    const timeline = sampleTimeline().map((entry) => ({
      ...entry,
      text: nasty,
      actor: { kind: 'person', name: nasty },
    }));
    const files = await build({
      incident: sampleIncident({ title: nasty, service: nasty, team: nasty, evidence, attempts }),
      timeline,
      why: nasty,
    });
    for (const name of ['README.md', 'timeline.md', 'logs/excerpt.md', 'checklist.md']) {
      expect(outsideOfCode(files.get(name) ?? '')).not.toMatch(/evil|<script|<img|heading|\[click|> quote/);
    }
  });

  it('ticks what is done in the checklist, the present level first, and says who did it', () => {
    const text = checklist(sampleIncident({ level: '3' }), input().procedure);
    expect(text).toContain('- [x] Read the logs (ada)');
    expect(text).toContain('- [ ] Restore the service');
    expect(text.indexOf('## At Level 3')).toBeLessThan(text.indexOf('## At Level 2'));
  });

  it('says where no procedure is written down', () => {
    expect(checklist(sampleIncident(), [])).toContain('No procedure is written down for this category');
  });
});

/** What a reader of CommonMark would take for text and markup: fenced blocks and code spans taken out. */
function outsideOfCode(markdown: string): string {
  const kept: string[] = [];
  let fence = '';
  for (const line of markdown.split('\n')) {
    const mark = /^(`{3,})/.exec(line)?.[1] ?? '';
    if (fence === '' && mark !== '') fence = mark;
    else if (fence !== '' && new RegExp(`^\`{${fence.length},}\\s*$`).test(line)) fence = '';
    else if (fence === '') kept.push(line.replace(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g, ''));
  }
  return kept.join('\n');
}
