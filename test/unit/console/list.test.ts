import fc from 'fast-check';
import request from 'supertest';
import { listAddress, meantIncident, readListQuery } from '../../../src/console/list-query.ts';
import { CATEGORIES } from '../../../src/domain/category.ts';
import { LEVELS, type Incident } from '../../../src/domain/incident.ts';
import { PRIORITIES } from '../../../src/domain/priority.ts';
import { LIST_ORDER, type ListRow } from '../../../src/store/incident-list.ts';
import { startConsoleApp, type ConsoleApp } from '../../helpers/console-app.ts';

let house: ConsoleApp;

beforeAll(async () => {
  house = await startConsoleApp();
});
afterAll(() => house.close());

interface Made {
  readonly status: string;
  readonly priority: string;
  readonly level: string;
  readonly team: string;
}

async function fill(made: readonly Made[]): Promise<void> {
  await house.db.deleteFrom('incidents').execute();
  const text = { category: 'other', severity: 'error', service: 's', environment: '', source: 'am' };
  const times = { attach_until: 0, firing: 1, starts_at: 1, created_at: 1, updated_at: 1 };
  const rows = made.map((one, index) => ({
    ...{ uid: `u${index}`, number: index + 1, title: `T${index % 3}`, grouping_key: `g${index}` },
    state: JSON.stringify({ number: index + 1 }),
    ...text,
    ...times,
    ...one,
    ...{ acknowledged_at: null, acknowledged_by: null, owner: null, resolved_at: null, next_kind: null, next_at: null },
  }));
  for (let i = 0; i < rows.length; i += 200)
    await house.db
      .insertInto('incidents')
      .values(rows.slice(i, i + 200))
      .execute();
}

const incidents = fc.array(
  fc.record({
    status: fc.constantFrom(...LIST_ORDER),
    priority: fc.constantFrom(...PRIORITIES),
    level: fc.constantFrom(...LEVELS),
    team: fc.constantFrom('shop', 'web'),
  }),
  { maxLength: 60 },
);

/** The order in words: not acknowledged, acknowledged, over; then priority, level, age; what is over newest first. */
function byNeed(a: ListRow, b: ListRow): number {
  const status = LIST_ORDER.findIndex((one) => one === a.status) - LIST_ORDER.findIndex((one) => one === b.status);
  if (status !== 0) return status;
  if (a.status === 'resolved' || a.status === 'closed') return b.number - a.number;
  const level = (row: ListRow): number => LEVELS.findIndex((one) => one === row.level);
  return a.priority.localeCompare(b.priority) || level(b) - level(a) || a.number - b.number;
}

it('what needs me first comes first, and pages of any size give every incident once', async () => {
  await fc.assert(
    fc.asyncProperty(incidents, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (made, size, narrowed) => {
      await fill(made);
      const filter = narrowed ? { status: ['triggered', 'closed'], team: ['shop'] } : {};
      const wanted = made.filter(({ status, team }) =>
        narrowed ? ['triggered', 'closed'].includes(status) && team === 'shop' : status !== 'closed',
      );
      const seen: ListRow[] = [];
      for (let after: ListRow | null = null; ;) {
        const page: ListRow[] = await house.read.rows(filter, size, after);
        seen.push(...page);
        after = page.at(-1) ?? null;
        if (page.length < size) break;
      }
      expect(seen.map(({ number }) => number)).toEqual([...seen].sort(byNeed).map(({ number }) => number));
      expect(new Set(seen.map(({ number }) => number)).size).toBe(wanted.length);
      expect(seen.length).toBe(wanted.length);
    }),
    { numRuns: 60 },
  );
}, 300_000);

it('the API’s list gives the newest first whatever is asked for, and pages of any size give every incident once', async () => {
  const asked = fc.record(
    {
      status: fc.subarray([...LIST_ORDER]),
      level: fc.subarray([...LEVELS]),
      team: fc.subarray(['shop', 'web', 'nobody']),
      q: fc.constantFrom('', 't1', 'T', 'none of these'),
      since: fc.constantFrom(0, 1, 2),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(incidents, asked, fc.integer({ min: 1, max: 9 }), async (made, filter, size) => {
      await fill(made);
      const { status = [], level = [], team = [], q = '', since = 0 } = filter;
      const fits = (words: readonly string[], word: string): boolean => words.length === 0 || words.includes(word);
      const wanted = made
        .map((one, index) => ({ ...one, number: index + 1, title: `T${index % 3}` }))
        .filter((one) => fits(status, one.status) && fits(level, one.level) && fits(team, one.team) && since <= 1)
        .filter(({ title }) => title.toLowerCase().includes(q.toLowerCase()))
        .map(({ number }) => number)
        .toReversed();
      const seen: number[] = [];
      for (let before: number | null = null; ;) {
        const page: Incident[] = await house.read.incidents(filter, size, before);
        seen.push(...page.map(({ number }) => number));
        before = seen.at(-1) ?? null;
        if (page.length < size) break;
      }
      expect(seen).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
}, 300_000);

it('counts what is open, what nobody has, and what is at Level 3', async () => {
  const of = (status: string, level: string, n: number): Made[] =>
    Array.from({ length: n }, () => ({ status, level, priority: 'P2', team: 'shop' }));
  await fill([
    ...of('triggered', '2', 4),
    ...of('triggered', '3', 2),
    ...of('acknowledged', '3', 1),
    ...of('resolved', '3', 9),
  ]);
  expect(await house.read.openCounts()).toEqual({ triggered: 6, acknowledged: 1, level3: 3 });
});

it('a storm is counted to a thousand: the list costs no more with two hundred thousand open', async () => {
  const of = (status: string, n: number): Made[] =>
    Array.from({ length: n }, () => ({ status, level: '3', priority: 'P2', team: 'shop' }));
  await fill([...of('triggered', 1_050), ...of('acknowledged', 999)]);
  expect(await house.read.openCounts()).toEqual({ triggered: 1_000, acknowledged: 999, level3: 1_000 });
  const { text } = await request(house.app).get('/').set('Cookie', 'tierbell_name=ada');
  expect(text.match(/<b>.*?<\/b> (?:open|unacknowledged|at Level 3)/g)).toEqual([
    '<b>1,000 or more</b> open',
    '<b>1,000 or more</b> unacknowledged',
    '<b>1,000 or more</b> at Level 3',
  ]);
});

it('an address comes back as it was, and what it does not know is as if it were not there', () => {
  const values = fc.record({
    status: fc.subarray([...LIST_ORDER]),
    level: fc.subarray([...LEVELS]),
    category: fc.subarray([...CATEGORIES]),
    priority: fc.subarray([...PRIORITIES]),
    team: fc.string({ maxLength: 40 }).map((text) => text.trim()),
    q: fc.string({ maxLength: 40 }).map((text) => text.trim()),
    limit: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(values, (query) => {
      const words = new URL(listAddress({ ...query, after: null }), 'http://x').searchParams;
      const read = Object.fromEntries([...new Set(words.keys())].map((name) => [name, words.getAll(name)]));
      expect(readListQuery(read)).toEqual({ ...query, after: null });
    }),
  );
  const odd = { status: 'nonsense', level: ['9', '3'], limit: '-4', after: 'x.y', q: { deep: 'er' }, more: '1' };
  expect(readListQuery(odd)).toMatchObject({ status: [], level: ['3'], limit: 100, after: null, q: '' });
});

it.each([
  ['INC-7', 7],
  ['inc-12', 12],
  ['33', 33],
  ['INC-', null],
  ['disk', null],
  ['7 disks', null],
])('searching for %j means incident %j', (q, number) => {
  expect(meantIncident(readListQuery({ q }))).toBe(number);
});
