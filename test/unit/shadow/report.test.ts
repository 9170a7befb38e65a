import {
  countKinds,
  differing,
  findingOf,
  seenBy,
  type ShadowFinding,
  type ShadowReport,
} from '../../../src/shadow/report.ts';

const finding = (number: number, teams: readonly string[], ...kinds: ('category' | 'notice')[]): ShadowFinding => ({
  ...{ number, title: `T${number}`, openedAt: 0, teams },
  differences: kinds.map((kind) => ({ kind, before: null, after: 'x' })),
});
const report: ShadowReport = {
  ...{ rules: 'next/', since: 0, skipped: [], behind: 0, trouble: '' },
  findings: [
    finding(3, ['shop', 'security'], 'category', 'notice', 'notice'),
    finding(2, ['shop'], 'notice'),
    finding(1, []),
  ],
};
const keeps = ({ team }: { team: string }): boolean => team === 'security';

it('what is kept by a team under either rules is for those who may read it', () => {
  const numbers = (seen: ShadowReport | null) => seen?.findings.map(({ number }) => number);
  expect(numbers(seenBy(report, keeps, false))).toEqual([2, 1]);
  expect(numbers(seenBy(report, keeps, true))).toEqual([3, 2, 1]);
  expect(seenBy(null, keeps, false)).toBeNull();
});

it('an incident that its team keeps stays kept where neither of the rules would give it to that team', () => {
  const found = findingOf({ number: 4, team: 'security' }, []);
  expect(seenBy({ ...report, findings: [found] }, keeps, false)?.findings).toEqual([]);
  expect(findingOf({ number: 5, team: '' }, []).teams).toEqual([]);
});

it('incidents are counted once for each kind of thing that differs', () => {
  expect(differing(report).map(({ number }) => number)).toEqual([3, 2]);
  const counts = Object.fromEntries(countKinds(report.findings));
  expect(counts).toMatchObject({ category: 1, notice: 2, fix: 0, incident: 0 });
});
