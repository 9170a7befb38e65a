import { compileFixes, selectFix } from '../../../src/fixes/select-fix.ts';
import { factsWith, fixOf } from './example-fix.ts';

const select = (changes: Parameters<typeof fixOf>[0][], facts = factsWith(), reasons: string[] = []) => {
  const { labels, source, category } = facts;
  const classification = { category, reasons, confidence: 0.9, method: 'rule', alternatives: [] } as const;
  const found = selectFix(compileFixes(changes.map((change) => fixOf(change))), { labels, source, classification });
  return found === null ? null : [found.fix.fix.id, found.mode];
};

describe('which known fix applies', () => {
  it('takes the first that fits category, matchers and source, in its own mode', () => {
    expect(
      select([{ id: 'other', applies_to: { sources: ['grafana'], matchers: ['a="b"'] } }, {}, { id: 'later' }]),
    ).toEqual(['restart-unit', 'dry_run']);
  });

  it('takes the mode of the first override that fits', () => {
    expect(select([{}], factsWith({ environment: 'staging' }))).toEqual(['restart-unit', 'automatic']);
    expect(select([{}], factsWith({ environment: 'prod' }))).toEqual(['restart-unit', 'dry_run']);
  });

  it('asks a person first where a breach must be ruled out, and runs nothing by itself', () => {
    const marked = ['Check for breach: its name says "audit log was cleared"', 'A unit failed'];
    const staging = factsWith({ environment: 'staging' });
    expect(select([{}], staging, marked)).toEqual(['restart-unit', 'approval']);
    expect(select([{}], factsWith({ environment: 'prod' }), marked)).toEqual(['restart-unit', 'dry_run']);
    expect(select([{}], staging, ['A unit failed'])).toEqual(['restart-unit', 'automatic']);
  });

  it.each([
    ['another source', factsWith({}, { source: 'grafana' })],
    ['another category', factsWith({}, { category: 'network-downtime' })],
    ['an alert that its matchers do not fit', factsWith({ alertname: 'HostDown' })],
    ['an unclassified incident', factsWith({}, { category: 'unclassified' })],
    ['an incident of category other', factsWith({}, { category: 'other' })],
  ])('leaves alone %s', (_what, facts) => {
    expect(select([{}], facts)).toBeNull();
  });

  it('gives an unclassified incident no fix, even one that names no category', () => {
    const applies_to = { sources: ['alertmanager'], matchers: ['alertname="SystemdUnitFailed"'] };
    expect(select([{ applies_to }], factsWith({}, { category: 'unclassified' }))).toBeNull();
    expect(select([{ applies_to }], factsWith({}, { category: 'other' }))).toEqual(['restart-unit', 'dry_run']);
  });

  it('never takes a fix that names neither category nor matcher', () => {
    expect(select([{ applies_to: { sources: ['alertmanager'] } }])).toBeNull();
    expect(select([{ applies_to: { sources: ['alertmanager'], categories: [] } }])).toBeNull();
  });
});
