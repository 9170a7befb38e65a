import fc from 'fast-check';
import { LineMiner } from '../../../../src/evidence/mining/line-miner.ts';
import { TemplateMiner } from '../../../../src/evidence/mining/miner.ts';
import { RecentShapes } from '../../../../src/evidence/mining/recent-shapes.ts';
import { mergeShapes } from '../../../../src/evidence/mining/vote.ts';
import { maskLine } from '../../../../src/evidence/mining/mask.ts';
import { printShape } from '../../../../src/evidence/mining/shape.ts';
import { cpuTimeMs } from '../../../helpers/cpu-time.ts';

const mine = (lines: readonly string[], raw = false): string[] => {
  const miner = new LineMiner(raw);
  for (const line of lines) miner.add(line);
  return [...miner.finish().byLine()].map(({ text }) => text);
};
const templates = (lines: readonly string[]): string[] => [...new Set(mine(lines))];

describe('what only comparison shows to be variable', () => {
  it.each<[string, string[], number]>([
    [
      'a value that many lines fill differently',
      ['ada', 'bob', 'eve', 'kim', 'joe'].map((name) => `session opened for user ${name} by root`),
      1,
    ],
    [
      'names that are many',
      ['ALPHA', 'BETA', 'GAMMA', 'DELTA', 'OMEGA'].map((name) => `component ${name} was started now`),
      1,
    ],
    ['what elsewhere is a number', ['chdir(pwd) failed', 'chdir(/home/x) failed'], 1],
    [
      'plain words only where they are very many',
      ['red', 'green', 'blue', 'black', 'white', 'pink'].map((colour) => `the ${colour} lamp is lit`),
      1,
    ],
    [
      'a state of four is four events',
      ['Started', 'Paused', 'Resumed', 'Stopped'].map((state) => `VM ${state} by nova`),
      4,
    ],
    ['names with numbers where values stand', ['no answer from [node-a7] yet', 'no answer from [node-b12] yet'], 1],
    ['names with numbers elsewhere are as other names', ['link up on en0', 'link up on awdl0'], 2],
    ['the end of a sentence is no part of a value', ['asked db-a7. Waiting', 'asked 10.0.0.1. Waiting'], 1],
    ['this very host is a host like another', ['no reply of localhost [1]', 'no reply of a.example.org [2]'], 1],
    [
      'names of few states that vary independently are parameters',
      ['NEW', 'BUSY', 'DONE'].flatMap((from) => ['BUSY', 'DONE', 'DEAD'].map((to) => `job went ${from} -> ${to} now`)),
      1,
    ],
    [
      'names that vary together are events',
      ['NEW BUSY', 'BUSY DONE', 'DONE DEAD', 'DEAD GONE'].map(
        (states) => `job went ${states.replace(' ', ' -> ')} now`,
      ),
      4,
    ],
    [
      'numbered ones of a kind are values',
      ['[partition mails-3 broker=1] grew', '[partition users-0 broker=2] grew', '[partition orders-12 broker=0] grew'],
      1,
    ],
    ['the root is a path like others', ['"GET / HTTP/1.1" is slow', '"GET /api/v1 HTTP/1.1" is slow'], 1],
    ['a stroke between words is none', ['read / write is slow', 'read /var/x write is slow'], 2],
    ['states side by side are readings', ['fans ( on off ) seen', 'fans ( on on ) seen', 'fans ( off on ) seen'], 1],
    [
      'the name of a value tells what it is',
      ['os.name=Linux', 'java.io.tmpdir=/tmp', 'java.class.path=/a/b.jar:/c'].map((pair) => `environment:${pair}`),
      3,
    ],
    ['a name keeps itself before a long number too', ['stored part_7_12', 'stored part_7_123456', 'stored chunk_7'], 2],
    ['yes and no are two events', ['overlap: true', 'overlap: false'], 2],
    [
      'the first word names the event',
      ['opening', 'closing', 'moving', 'sinking', 'rising', 'turning', 'falling'].map((event) => `${event} window`),
      7,
    ],
    [
      'a value that is nearly always the same is part of the event',
      [...Array<string>(95).fill('login user=root'), ...Array<string>(5).fill('login user=guest')],
      2,
    ],
  ])('%s', (_rule, lines, count) => {
    expect(templates(lines)).toHaveLength(count);
  });

  it('the order of the lines does not matter', () => {
    const line = fc.constantFrom(
      'a user=x',
      'a user=y',
      'a user=z',
      'b 1',
      'b 2',
      'c done',
      'a user=1',
      'x to RED now',
      'x to BLUE now',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const counted = (order: readonly string[]): string[] => {
          const counts = new Map<string, number>();
          for (const one of order) counts.set(maskLine(one), (counts.get(maskLine(one)) ?? 0) + 1);
          const shapes = [...counts].map(([shape, count]) => ({ shape, count }));
          return mergeShapes(shapes)
            .map((merged, index) => `${shapes[index]?.shape} -> ${merged}`)
            .sort();
        };
        expect(counted(lines)).toEqual(counted(lines.toReversed()));
      }),
    );
  });
});

describe('the templates of a log', () => {
  it('each physical line has one: blank ones their own, lines of a trace that of their record', () => {
    expect(mine(['order 1 lost', '\tat com.shop.A.b(A.java:3)', '', 'next 2'])).toEqual([
      'order <*> lost\nat com.shop.A.b(A.java:<*>)',
      'order <*> lost\nat com.shop.A.b(A.java:<*>)',
      '',
      'next <*>',
    ]);
  });

  it('a document is told by its message, and by its text where it is taken raw', () => {
    const documents = ['{"msg":"hello 1","x":7}', '{"x":8,"y":"z","msg":"hello 2"}'];
    expect(templates(documents)).toEqual(['hello <*>']);
    expect(new Set(mine(documents, true)).size).toBe(2);
  });

  it('colours and what stands in front are not part of it', () => {
    expect(mine(['2026-01-31 12:00:00 INFO \u001b[32mdone 1\u001b[0m', 'done 22'])).toEqual(['done <*>', 'done <*>']);
  });

  it('indented lines stand for themselves where lines bear no time', () => {
    expect(mine(['zone one', '  zone two'])).toEqual(['zone one', 'zone two']);
    expect(mine(['2026-01-31 12:00:00 zone one', '  zone two'])).toEqual(['zone one', 'zone one']);
  });

  it('the same template has the same id in every file', () => {
    const id = (lines: string[]): string | undefined => {
      const miner = new LineMiner();
      for (const line of lines) miner.add(line);
      return miner.finish().templates[0]?.id;
    };
    expect(id(['took 5 ms', 'other'])).toBe(id(['took 7 ms']));
  });
});

describe('memory', () => {
  it('what comes again has the shape that it had', () => {
    const message = fc.oneof(
      fc.stringMatching(/^[a-c]{1,2} \d{1,2} x{0,9}$/),
      fc.string({ maxLength: 500 }).map((text) => `m ${text.replaceAll(/\s/g, ' ')}`),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        const recent = new RecentShapes();
        for (const one of [...messages, ...messages]) expect(recent.shapeOf(one)).toBe(maskLine(one));
      }),
    );
  });

  it('never holds more shapes than allowed, and counts every message all the same', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,3}( [a-z]{1,3}){0,4}$/), { maxLength: 400 }), (messages) => {
        const miner = new TemplateMiner({ shapes: 20, characters: 10_000 });
        const slots = messages.map((message) => {
          const slot = miner.add(message);
          expect(miner.size).toBeLessThanOrEqual(24);
          return slot;
        });
        const bySlot = miner.finish();
        const total = [...new Map(bySlot.map((one) => [one.id, one.count])).values()].reduce(
          (sum, count) => sum + count,
          0,
        );
        expect(total).toBe(messages.length);
        expect(slots.every((slot) => bySlot[slot] !== undefined)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('the frequent stay and the rarest go, into a template of their first words', () => {
    const miner = new TemplateMiner({ shapes: 40, characters: 100_000 });
    const word = (index: number): string =>
      index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
    const usual = Array.from({ length: 50 }, () => miner.add('heartbeat was sent'));
    const rare = Array.from({ length: 500 }, (_, index) =>
      miner.add(`nobody ever saw ${word(index)} doing ${word(index * 7)}`),
    );
    const bySlot = miner.finish();
    expect(bySlot[usual[0] ?? 0]).toMatchObject({ text: 'heartbeat was sent', count: 50 });
    expect(rare.every((slot) => bySlot[slot]?.text.startsWith('nobody ever saw'))).toBe(true);
  });

  it('a million different lines are mined in bounded time', () => {
    const miner = new LineMiner();
    const began = cpuTimeMs();
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    for (let index = 0; index < 1_000_000; index += 1) {
      let word = '';
      for (let rest = index; word.length < 5; rest = Math.floor(rest / 26)) word += letters[rest % 26];
      miner.add(`${word} said`);
    }
    expect(miner.finish().templates.length).toBeLessThanOrEqual(20_000);
    expect(miner.records).toBe(1_000_000);
    expect(cpuTimeMs() - began).toBeLessThan(120_000);
  }, 300_000);
});

describe('bad input', () => {
  it.each<[string, string]>([
    [
      'binary',
      Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 131) % 256))
        .toString('utf8')
        .replaceAll('\n', ' '),
    ],
    ['10 MB in one word', 'x'.repeat(10_000_000)],
    ['10 MB of words', 'word '.repeat(2_000_000)],
    ['10 MB of JSON', `{"message":"${'y'.repeat(10_000_000)}"}`],
    ['JSON nested 1,000 deep', `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`],
    ['JSON nested 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a time in the year 9999', '9999-12-31T23:59:59Z done'],
    ['one token', 'x'],
    ['lone surrogates and controls', '\ud800\u0000\u0007\u202e done'],
  ])('%s gives a template in bounded time', (_what, line) => {
    const began = cpuTimeMs();
    const [text] = mine([line, line]);
    expect(text?.length).toBeGreaterThan(0);
    expect(text?.length).toBeLessThanOrEqual(8_192);
    expect(printShape(text ?? '')).not.toContain('\u0000');
    expect(cpuTimeMs() - began).toBeLessThan(20_000);
  });
});
