import { success } from '../../../src/domain/result.ts';
import { stageFix, type Answers } from '../../../src/rehearsal/fix-stage.ts';
import { healthy, openFixHouse, UNIT_FAILED, unitFails } from '../../helpers/fix-house.ts';

const UP = 'up{instance="db-1:9100"} == 1';
const COUNT = 'count(up{job="node"})';

/** What a rehearsal says of a fix is what becomes of it in life, up to the moment at which it would run. */
describe('a fix on the stage and in life', () => {
  it.each([
    ['dry_run', 40, 1],
    ['approval', 40, 1],
    ['approval', 3, 1],
    ['automatic', 40, 1],
    ['automatic', 3, 1],
    ['automatic', 40, null],
    ['approval', 40, null],
  ] as const)('mode %s, a population of %i, up %s', async (mode, size, up) => {
    const house = await openFixHouse({ mode });
    try {
      house.say.metrics = (promql) =>
        promql.startsWith('count(')
          ? success([{ labels: {}, value: size }])
          : up === null
            ? success([])
            : healthy(promql);
      await unitFails(house);
      const incident = await house.incident();
      const precondition = up === null ? {} : { [questionOf(UNIT_FAILED.labels['instance'] ?? '')]: up };
      const staged = stageFix({
        ...{ incident, fix: 'restart-unit', fixes: house.parts.fixes, executors: house.parts.executors, tried: [] },
        ...{
          firing: [UNIT_FAILED],
          answers: answersFrom({ [COUNT]: size, ...precondition }),
          firingTargets: 1,
          now: house.time.now,
        },
      });
      await house.work('fix');
      const entries = (await house.read.timeline(incident.uid)).filter(({ type }) => type === 'fix');
      const states = entries
        .map(({ data }) => (data as { state: string }).state)
        .filter((state) => state !== 'proposed');
      const before = states.filter((state) => !['started', 'succeeded'].includes(state));
      // What a rehearsal refuses before the start has an intent in life, as the questions outside are asked after it.
      expect(before.at(-1)).toBe(staged.attempt.state);
      const found = (await house.incident()).attempts[0];
      if (staged.attempt.state !== 'refused') expect(staged.attempt.target).toBe(found?.target);
      else expect(staged.attempt.reasons.length).toBe(found?.reasons.length);
    } finally {
      await house.close();
    }
  });
});

function questionOf(instance: string): string {
  return UP.replace('db-1:9100', instance);
}

function answersFrom(known: Readonly<Record<string, number>>): Answers {
  return (query) => success(query in known ? [{ labels: {}, value: known[query] ?? 0 }] : []);
}
