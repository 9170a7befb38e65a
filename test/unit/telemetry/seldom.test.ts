import { seldom } from '../../../src/telemetry/seldom.ts';

describe('a line that comes again and again', () => {
  let now: number;
  let lines: unknown[];
  const say = (): ReturnType<typeof seldom> => {
    [now, lines] = [0, []];
    return seldom(
      (...line) => void lines.push(line),
      () => now,
    );
  };

  it('is written at once, then once a minute with how many were left out', () => {
    const log = say();
    for (; now <= 120_000; now += 1_000) log('the store is away', { error: 'refused' });
    expect(lines).toEqual([
      ['the store is away', { error: 'refused' }],
      ['the store is away', { error: 'refused', leftOut: 59 }],
      ['the store is away', { error: 'refused', leftOut: 59 }],
    ]);
  });

  it('keeps no other from being written', () => {
    const log = say();
    log('the store is away', { error: 'refused' });
    log('the store is away', { error: 'full' });
    log('work broke', { job: 1 });
    log('work broke', { job: 2 });
    expect(lines).toHaveLength(4);
  });

  it('is not remembered for ever', () => {
    const log = say();
    for (let job = 0; job < 100_000; job++) log('work broke', { job });
    log('work broke', { job: 0 });
    expect(lines).toHaveLength(100_001);
  });
});
