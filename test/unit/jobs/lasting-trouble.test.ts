import { LastingTrouble } from '../../../src/engine/lasting-trouble.ts';

describe('trouble of the store worker', () => {
  let now = 0;
  const told: (string | null)[] = [];
  let trouble: LastingTrouble;
  beforeEach(() => {
    now = 0;
    told.length = 0;
    trouble = new LastingTrouble(15_000, () => now);
    trouble.onChange((why) => told.push(why));
  });

  it('that is over soon is not told, however often it comes', () => {
    for (; now < 600_000; now += 10_000) {
      trouble.met('disk I/O error');
      now += 10_000;
      trouble.met('disk I/O error');
      trouble.over();
    }
    expect([trouble.why, told]).toEqual([null, []]);
  });

  it('that lasts is told once, and once when it is over', () => {
    for (; now <= 60_000; now += 1_000) trouble.met('disk I/O error');
    expect(trouble.why).toBe('disk I/O error');
    trouble.over();
    trouble.over();
    expect(told).toEqual(['disk I/O error', null]);
  });
});
