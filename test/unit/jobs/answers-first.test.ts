import { AnswersFirst, restAfter } from '../../../src/jobs/answers-first.ts';

describe('answering webhooks goes before working on them', () => {
  const flood = { workedMs: 20, came: 1000, bytes: 1_000, withinMs: 100, waitedMs: 0 };
  const large = { ...flood, bytes: 90_000 };

  it.each([
    ['in a flood on two processors it rests four times as long as it worked', flood, 2, 80],
    ['also on three', flood, 3, 80],
    ['with four the receiving thread has one of its own', flood, 4, 0],
    ['what comes slowly needs no rest', { ...flood, came: 500 }, 2, 0],
    ['of large webhooks fewer are a flood', { ...large, came: 60 }, 2, 80],
    ['a few large ones are not', { ...large, came: 40 }, 2, 0],
    ['it rests the less the longer people wait', { ...flood, waitedMs: 15_000 }, 2, 40],
    ['and not at all where they have waited for long', { ...flood, waitedMs: 60_000 }, 2, 0],
    ['a rest is never longer than half a second', { ...flood, workedMs: 5_000 }, 1, 500],
  ])('%s', (_, spell, processors, ms) => {
    expect(restAfter(spell, processors)).toBe(ms);
  });

  it('rests only while deliveries flood in, however many wait', async () => {
    const numbers = [1_000_000, 2_000_000, 2_000_000];
    const pace = new AnswersFirst({ last: () => numbers.shift() ?? 0 }, 2, () => 0);
    const rests: boolean[] = [];
    while (numbers.length > 0) {
      let turned = false;
      setTimeout(() => (turned = true), 0);
      const until = performance.now() + 30;
      while (performance.now() < until); // work
      await pace.rest();
      rests.push(turned);
    }
    expect(rests).toEqual([false, true, false]);
  });
});
