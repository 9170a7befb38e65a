import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { printExcerpt, type ExcerptRequest } from '../../../src/cli/log-excerpt.ts';
import { printTemplates, type TemplateRequest } from '../../../src/cli/log-templates.ts';
import type { FileExcerpt } from '../../../src/evidence/file-excerpt.ts';
import { openLog, splitLines } from '../../../src/evidence/file/open-log.ts';
import { toUtf8 } from '../../../src/evidence/file/to-utf8.ts';

const folder = mkdtempSync(join(tmpdir(), 'logs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return name;
};
async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const stdin = (text: string) => () => chunks(Buffer.from(text), 7);

async function templates(files: string[], more: Partial<TemplateRequest> = {}): Promise<string> {
  let written = '';
  const write = (text: string): void => void (written += text);
  await printTemplates({ files, format: 'ndjson', raw: false, cwd: folder, stdin: stdin(''), write, ...more });
  return written;
}
const rows = (ndjson: string): { line: number; template: string; text: string }[] =>
  ndjson
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row) as { line: number; template: string; text: string });

async function excerpt(files: string[], more: Partial<ExcerptRequest> = {}): Promise<FileExcerpt> {
  let written = '';
  await printExcerpt({
    files,
    baselines: [],
    at: null,
    service: null,
    lines: 20,
    templates: 20,
    format: 'json',
    raw: false,
    now: Date.UTC(2026, 0, 31, 13),
    cwd: folder,
    stdin: stdin(''),
    write: (text) => void (written += text),
    ...more,
  });
  return JSON.parse(written) as FileExcerpt;
}

const collect = async (source: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const lines: string[] = [];
  for await (const some of splitLines(toUtf8(openLog(source)))) lines.push(...some);
  return lines;
};

describe('reading log files', () => {
  const text = 'one\ntwo\r\n\nünï 1\nlast';
  const lines = ['one', 'two', '', 'ünï 1', 'last'];
  const packed: readonly [string, Uint8Array][] = [
    ['plain', Buffer.from(text)],
    ['UTF-16, as Windows writes it', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(text, 'utf16le')],
    ['UTF-16 in the other order, packed', gzipSync(Buffer.from(`\uFEFF${text}`, 'utf16le').swap16())],
    ['gzip in two members', Buffer.concat([gzipSync(text.slice(0, 5)), gzipSync(text.slice(5))])],
    [
      'zstd in frames, one to be skipped, one empty',
      Buffer.concat([
        zstdCompressSync(Buffer.from(text.slice(0, 5))),
        Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]),
        zstdCompressSync(Buffer.alloc(0)),
        zstdCompressSync(Buffer.from(text.slice(5))),
      ]),
    ],
  ];

  it.each(packed)('%s: to the last line, wherever the chunks are cut', async (_form, bytes) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (size) => {
        expect(await collect(chunks(bytes, size))).toEqual(lines);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['gzip that is cut', gzipSync(Buffer.from('x y z\n'.repeat(2_000))).subarray(0, 40)],
    ['zstd that is cut', zstdCompressSync(Buffer.from('x y z\n'.repeat(2_000))).subarray(0, 20)],
    [
      'zstd with its second frame cut',
      Buffer.concat([
        zstdCompressSync(Buffer.from('a\n')),
        zstdCompressSync(Buffer.from('b\n'.repeat(99))).subarray(0, 12),
      ]),
    ],
    ['zstd with something else behind', Buffer.concat([zstdCompressSync(Buffer.from('a\n')), Buffer.from('garbage')])],
  ])('%s is no success', async (_form, bytes) => {
    await expect(templates([put('cut.bin', bytes)])).rejects.toThrow(/^cut\.bin: cannot be read whole: /);
  });

  it('of a line of 10 MB its beginning is kept, and the next line is its own', async () => {
    const [long, next] = await collect(chunks(Buffer.from(`${'x'.repeat(10_000_000)}\nnext\n`), 65_536));
    expect([long?.length, next]).toEqual([1_000_000, 'next']);
  });

  it.each(['missing.log', '.'])('%s cannot be read, and that is said', async (file) => {
    await expect(templates([file])).rejects.toThrow(/cannot be read whole: /);
  });
});

describe('logs templates', () => {
  it('one line for each physical one, in order, blank ones too, over all files', async () => {
    const found = rows(await templates([put('a.log', 'took 5 ms\n\ntook 7 ms\n'), put('b.log', 'took 9 ms')]));
    expect(found.map(({ line, text }) => [line, text])).toEqual([
      [1, 'took <*>'],
      [2, ''],
      [3, 'took <*>'],
      [4, 'took <*>'],
    ]);
    expect(new Set([found[0]?.template, found[2]?.template, found[3]?.template]).size).toBe(1);
  });

  it('reads standard input', async () => {
    expect(rows(await templates(['-'], { stdin: stdin('a 1\na 2\n') })).map(({ text }) => text)).toEqual([
      'a <*>',
      'a <*>',
    ]);
  });

  it('the table has the most frequent first', async () => {
    const table = await templates([put('c.log', 'rare 1\noften 1\noften 2\n')], { format: 'table' });
    expect(table).toMatch(
      /COUNT\s+ID\s+TEMPLATE\n\s+2 {2}[0-9a-f]{12} {2}often <\*>\n\s+1 {2}[0-9a-f]{12} {2}rare <\*>\n/,
    );
  });

  it('a secret that every line holds is not shown', async () => {
    expect(await templates([put('d.log', 'login password=hunter2hunter ok\n'.repeat(3))])).not.toContain(
      'hunter2hunter',
    );
  });

  it('an empty file has none', async () => {
    expect(await templates([put('empty.log', '')])).toBe('');
  });
});

describe('logs excerpt', () => {
  const minute = (at: number): string => new Date(Date.UTC(2026, 0, 31, 12, at)).toISOString();
  const usual = (from: number, to: number): string[] =>
    Array.from(
      { length: (to - from) * 4 },
      (_, index) => `${minute(from + Math.floor(index / 4))} INFO beat ${index} was sent`,
    );

  it('against a baseline: what is new, with its class, counts, template and the number of its line', async () => {
    const incident = put('incident.log', [...usual(0, 5), `${minute(4)} ERROR no such host db-7`].join('\n'));
    const found = await excerpt([incident], { baselines: [put('usual.log', usual(0, 5).join('\n'))] });
    expect(found).toMatchObject({
      state: 'complete',
      windows: [
        { name: 'incident', records: 21, sampled: false },
        { name: 'before', records: 20, sampled: false },
      ],
      lines: [
        { line: 21, level: 'error', class: 'NEW', at: minute(4), text: `${minute(4)} ERROR no such host db-7` },
        {},
      ],
      templates: [
        {
          class: 'NEW',
          text: 'no such host db-<*>',
          observed: 1,
          expected: 0,
          examples: [expect.stringContaining('db-7')],
        },
        {},
      ],
    });
    expect(found.lines[0]?.template).toBe(found.templates[0]?.id);
  });

  it('a time cuts one file into the incident and the time before it', async () => {
    const paid = Array.from(
      { length: 30 },
      (_, index) => `${minute(20 + (index % 5))} INFO payment ${index} was booked`,
    );
    const file = put('day.log', [...usual(15, 50), ...paid].toSorted().join('\n'));
    const found = await excerpt([file], { at: Date.parse(minute(58)) });
    expect(found.windows.map(({ name }) => name)).toEqual(['incident', 'before', 'day_before']);
    expect(found.templates.find(({ text }) => text.startsWith('payment'))).toBeUndefined();
    const earlier = await excerpt([file], { at: Date.parse(minute(36)) });
    expect(earlier.templates[0]).toMatchObject({
      text: 'payment <*> was booked',
      class: 'GONE',
      observed: 0,
      expected: 30,
    });
  });

  it('without anything to compare with it ranks within the file', async () => {
    const found = await excerpt(
      [put('ci.log', ['compiling', 'error[E1]: wrong', ' --> src/a.rs:3:1', 'exited with code 1', 'bye'].join('\n'))],
      { lines: 3 },
    );
    expect(found.lines.map(({ line }) => line).sort((a, b) => a - b)).toEqual([2, 3, 4]);
    expect(found.reason).toContain('nothing to compare');
  });

  it('documents of any profile, of one service', async () => {
    const file = put(
      'ecs.ndjson',
      [
        '{"@timestamp":"2026-01-31T12:00:00Z","message":"no such host","log":{"level":"error"},"service":{"name":"api"}}',
        '{"time":1769860800000,"msg":"boom","level":50,"name":"billing"}',
      ].join('\n'),
    );
    expect((await excerpt([file], { service: 'API' })).lines).toMatchObject([
      { service: 'api', level: 'error', text: 'no such host' },
    ]);
    expect(await excerpt([file], { service: 'web' })).toMatchObject({
      state: 'unavailable',
      lines: [],
      reason: expect.stringContaining('"web"') as string,
    });
  });

  it('secrets do not leave', async () => {
    const found = JSON.stringify(await excerpt([put('secret.log', 'error: login password=hunter2hunter failed\n')]));
    expect(found).not.toContain('hunter2hunter');
  });

  it('an empty file is said to be empty', async () => {
    expect(await excerpt([put('empty.log', '\n\n')])).toMatchObject({ state: 'unavailable', lines: [], templates: [] });
  });

  it('the table says the same to people', async () => {
    let written = '';
    await printExcerpt({
      files: [put('t.log', 'fine\nerror: lost\n')],
      baselines: [],
      at: null,
      service: null,
      lines: 1,
      templates: 1,
      format: 'table',
      raw: false,
      now: 0,
      cwd: folder,
      stdin: stdin(''),
      write: (text) => void (written += text),
    });
    expect(written).toContain('error: lost');
  });
});
