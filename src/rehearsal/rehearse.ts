import { checkExpectation, type Finding } from './check-expectation.ts';
import { Play } from './play.ts';
import type { Stage } from './stage.ts';
import type { TestCase } from './test-file.ts';
import { scriptOf } from './test-script.ts';

/**
 * Plays one test; a week takes milliseconds.
 * @returns what is not as expected, in the order of the test
 */
export async function rehearse(stage: Stage, test: TestCase): Promise<Finding[]> {
  const findings: Finding[] = [];
  const script = scriptOf(stage, test, (index, why) => void findings.push({ path: ['events', index], message: why }));
  const play = new Play(stage, script);
  const stops = test.expect
    .map((expected, index) => ({ expected, index }))
    .toSorted((a, b) => a.expected.after - b.expected.after);
  for (const { expected, index } of stops) {
    await play.until(script.begin + expected.after);
    findings.push(...checkExpectation(expected, index, play));
  }
  return findings.toSorted((a, b) => order(a) - order(b));
}

/** Events first, then expectations, each in the order of the file. */
function order({ path: [list, index] }: Finding): number {
  return (list === 'events' ? 0 : 1_000_000) + Number(index);
}
