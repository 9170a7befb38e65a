import type { LogAnswer, LogRecord } from '../../../../src/evidence/log-store.ts';
import { compareLines, type PeerFacts } from '../../../../src/evidence/peer/compare.ts';
import { cpuTimeMs } from '../../../helpers/cpu-time.ts';

const NONE = { pods: [], hosts: [] };
const line = (pod: string, level: string, text: string): LogRecord => ({
  ...{ at: 1_000, level, service: 'checkout', host: 'node-1', pod, text },
});
const many = (pod: string, count: number, text: (n: number) => string, level = 'info'): LogRecord[] =>
  Array.from({ length: count }, (_, n) => line(pod, level, text(n)));
const order = (n: number): string => `order ${n} placed in ${n + 3} ms`;

function answer(
  lines: readonly LogRecord[],
  before: readonly LogRecord[] = [],
  partial: readonly string[] = [],
): LogAnswer {
  const window = { from: 0, to: 2_000, sampled: partial.length > 0 };
  return {
    ...{ ok: true, scope: { name: 'service', value: 'checkout' }, partial, query: null, url: '' },
    windows: [
      { ...window, name: 'incident', records: lines.length, lines },
      { ...window, name: 'before', records: before.length, lines: before },
    ],
  };
}

const redact = (text: string): string => text.replaceAll('hunter2', '[password]');
const facts: PeerFacts = { own: { pods: ['c-1'], hosts: [] }, alerting: NONE };
const compare = (lines: readonly LogRecord[], more: Partial<PeerFacts> = {}, before: readonly LogRecord[] = []) =>
  compareLines({ ...facts, ...more }, 'elk', answer(lines, before), redact);
const texts = (finding: ReturnType<typeof compare>): readonly string[] => finding.facts.map(({ text }) => text);

describe('the lines of the failing one beside those of healthy ones', () => {
  it('tells what only it writes, and what only they do', () => {
    const found = compare([
      ...many('c-1', 60, order),
      ...many('c-1', 4, (n) => `connection to ledger-${n} refused, password=hunter2`, 'error'),
      ...many('c-2', 60, order),
      ...many('c-3', 60, order),
      ...many('c-2', 30, (n) => `cache of ${n} entries refreshed`),
      ...many('c-3', 30, (n) => `cache of ${n} entries refreshed`),
    ]);
    expect(found).toMatchObject({ state: 'complete', store: 'elk' });
    expect(found.reason).toBe('Compared with 2 healthy ones (c-2, c-3): 64 lines against 180.');
    expect(texts(found)).toEqual([
      expect.stringMatching(/^only c-1 writes \(4 ×\): connection to ledger-\d refused, password=\[password\]$/),
      expect.stringMatching(
        /^c-1 does not write, as 2 healthy ones \(c-2, c-3\) would \(\d+ ×\): cache of \d+ entries refreshed$/,
      ),
    ]);
  });

  it('takes a line that came once for chance, unless it is a problem', () => {
    const both = [...many('c-1', 40, order), ...many('c-2', 40, order)];
    const same = compare([...both, line('c-1', 'info', 'configuration reloaded by ada')]);
    expect([texts(same), same.reason]).toEqual([
      [],
      'Compared with a healthy one (c-2): 41 lines against 40; it writes the same kinds of lines.',
    ]);
    expect(texts(compare([...both, line('c-1', 'fatal', 'out of memory')]))).toEqual([
      'only c-1 writes (1 ×): out of memory',
    ]);
  });

  it('leaves out others that have alerts themselves, and says where nothing healthy is left', () => {
    const lines = [...many('c-1', 9, order), ...many('c-2', 9, order), ...many('c-3', 9, order)];
    expect(compare(lines, { alerting: { pods: ['c-2'], hosts: [] } }).reason).toMatch(
      /^Compared with a healthy one \(c-3\)/,
    );
    expect(compare(lines, { alerting: { pods: ['c-2', 'c-3'], hosts: [] } })).toMatchObject({
      ...{ state: 'unavailable', facts: [] },
      reason:
        'Nothing healthy stands beside c-1: all 2 others that wrote lines of service = checkout have alerts themselves.',
    });
    expect(compare(many('c-1', 9, order))).toMatchObject({
      ...{ state: 'unavailable', facts: [] },
      reason: 'Nothing stands beside c-1 to compare with: no other wrote lines of service = checkout.',
    });
  });

  it('says that it fell silent beside others that write, where it wrote before', () => {
    const others = many('c-2', 30, order);
    expect(compare(others, {}, many('c-1', 5, order))).toMatchObject({
      state: 'complete',
      facts: [{ text: 'c-1 wrote nothing, while a healthy one (c-2) wrote 30 lines' }],
    });
    expect(compare(others)).toMatchObject({
      ...{ state: 'unavailable', facts: [] },
      reason: 'None of the lines of service = checkout bears the name c-1: it cannot be told which are its own.',
    });
  });

  it('goes by host where the lines name no pod, with or without its domain', () => {
    const onHost = (host: string, count: number, text: (n: number) => string, level = 'info'): LogRecord[] =>
      many('', count, text, level).map((record) => ({ ...record, host }));
    const own = { pods: [], hosts: ['db-1', 'db-1.example.org'] };
    const found = compare(
      [
        ...onHost('DB-1', 30, order),
        ...onHost('db-1.example.org', 3, () => 'disk is full', 'error'),
        ...onHost('db-2', 30, order),
      ],
      { own },
    );
    expect(texts(found)).toEqual(['only db-1 writes (3 ×): disk is full']);
  });

  it('says that it is a part where the lines were sampled', () => {
    const lines = [...many('c-1', 9, order), ...many('c-2', 9, order)];
    expect(compareLines(facts, 'elk', answer(lines, [], ['sampled']), redact).state).toBe('partial');
  });

  it('is bounded: fifty thousand lines of either side take well under a second', () => {
    const lines = [
      ...many('c-1', 50_000, (n) => `order ${n} of customer ${n * 7} placed at shop ${n % 17}`),
      ...many('c-2', 50_000, (n) => `order ${n} of customer ${n * 7} placed at shop ${n % 17}`),
      line('c-1', 'error', 'ledger refused'),
    ];
    const began = cpuTimeMs();
    expect(texts(compare(lines))).toEqual(['only c-1 writes (1 ×): ledger refused']);
    expect(cpuTimeMs() - began).toBeLessThan(10_000);
  });
});
