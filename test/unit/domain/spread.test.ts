import type { Evidence, Spread } from '../../../src/domain/incident.ts';
import { speakMeasuredSpread, speakSpread, speakWholeSpread } from '../../../src/domain/spread.ts';

const of = 'targets of job node';
const zones = (all: number | null, ...hit: string[]): Spread['zones'] => ({ label: 'zone', hit, all });

it.each<[string, Omit<Spread, 'of' | 'targets'>]>([
  ['3 of 40 targets of job node: local', { affected: 3, total: 40 }],
  ['1 of 2 targets of job node: local', { affected: 1, total: 2 }],
  ['8 of 40 targets of job node: in part', { affected: 8, total: 40 }],
  ['20 of 40 targets of job node: widespread', { affected: 20, total: 40 }],
  ['40 of 40 targets of job node: everywhere', { affected: 40, total: 40 }],
  ['1 of 1 targets of job node: it is the only one', { affected: 1, total: 1 }],
  ['1 of 9 targets of job node, in zone b: local', { affected: 1, total: 9, zones: zones(3, 'b') as never }],
  ['7 of 40 targets of job node, all in zone b: one zone', { affected: 7, total: 40, zones: zones(3, 'b') as never }],
  ['7 of 40 targets of job node, all in zone b: in part', { affected: 7, total: 40, zones: zones(1, 'b') as never }],
  [
    '9 of 40 targets of job node, in 2 of 3 zones: in part',
    { affected: 9, total: 40, zones: zones(3, 'a', 'b') as never },
  ],
  [
    '30 of 40 targets of job node, in all 3 zones: widespread',
    { affected: 30, total: 40, zones: zones(3, 'a', 'b', 'c') as never },
  ],
  ['5 targets of job node, of how many is not known', { affected: 5, total: null }],
  [
    '5 targets of job node, in 2 zones, of how many is not known',
    { affected: 5, total: null, zones: zones(null, 'a', 'b') as never },
  ],
])('%s', (sentence, spread) => {
  expect(speakSpread({ ...spread, of, targets: spread.affected })).toBe(sentence);
});

describe('the spread of an incident', () => {
  const incident = (targets: number, ...spreads: Spread[]) => ({
    impact: { alerts: targets, targets },
    evidence: spreads.map((spread) => ({ spread }) as Evidence),
  });

  it('is what was counted last, and what joined since is added', () => {
    const spread = { affected: 2, total: 10, targets: 2, of, zones: zones(2, 'a') as never };
    expect(speakMeasuredSpread(incident(2, spread))).toBe('2 of 10 targets of job node, all in zone a: one zone');
    expect(speakMeasuredSpread(incident(6, spread))).toBe('6 of 10 targets of job node: widespread');
    expect(speakMeasuredSpread(incident(99, spread))).toBe('10 of 10 targets of job node: everywhere');
    const later = { affected: 9, total: 10, targets: 6, of };
    expect(speakMeasuredSpread(incident(6, spread, later))).toBe('9 of 10 targets of job node: widespread');
  });

  it('says that it is not known where nothing was counted, and nothing where the alerts name no target', () => {
    expect(speakMeasuredSpread(incident(3))).toBe('');
    expect(speakWholeSpread(incident(3))).toBe('3 targets, of how many is not known');
    expect(speakWholeSpread(incident(1))).toBe('1 target, of how many is not known');
    expect(speakWholeSpread(incident(0))).toBeNull();
  });
});
