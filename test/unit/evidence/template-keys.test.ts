import type { EvidenceLine } from '../../../src/domain/incident.ts';
import { templateKeys } from '../../../src/evidence/template-keys.ts';

const line = (text: string, more: Partial<EvidenceLine> = {}): EvidenceLine => ({
  ...{ at: 1, level: 'error', service: 'checkout', text, count: 1, ...more },
});
const keysOf = (...lines: readonly EvidenceLine[]): readonly string[] => templateKeys(lines);

describe('by what log lines are known again', () => {
  it('is the same for lines that differ in times, ids, addresses and counts, whoever wrote them', () => {
    const [a] = keysOf(line('2026-01-05T03:00:00Z ERROR connection to 10.4.0.7:5432 refused after 1200 ms'));
    const [b] = keysOf(
      line('2026-03-09T17:12:44Z ERROR connection to 10.9.1.2:5432 refused after 7 ms', {
        service: 'ledger',
        count: 90,
      }),
    );
    expect(a).toMatch(/^[\w-]{16}$/);
    expect(b).toBe(a);
    expect(keysOf(line('disk is full'))[0]).not.toBe(a);
  });

  it('goes by what came new, by problems that came more often, and by problems where nothing could be compared', () => {
    const kept = (more: Partial<EvidenceLine>): number => keysOf(line('cache was rebuilt from scratch', more)).length;
    expect(kept({ level: 'info', class: 'NEW' })).toBe(1);
    expect(kept({ level: 'warn', class: 'UP' })).toBe(1);
    expect(kept({ level: 'info', class: 'UP' })).toBe(0);
    expect(kept({ class: 'GONE' }) + kept({ class: 'DOWN' })).toBe(0);
    expect(kept({ level: 'warn' })).toBe(1);
    expect(kept({ level: 'info' })).toBe(0);
  });

  it('leaves out what says nothing of the kind of trouble, and keeps few', () => {
    expect(keysOf(line('17'), line('error: 3'), line('a1 b2 c3'))).toEqual([]);
    const words = ['disk', 'memory', 'queue', 'cache', 'pool', 'index', 'lease', 'quota', 'token', 'socket', 'lock'];
    expect(keysOf(...words.map((word) => line(`${word} exhausted completely`)))).toHaveLength(8);
  });
});
