import { alertIdentity } from '../../../src/incidents/alert-identity.ts';
import { recallCategory, type Remembered } from '../../../src/incidents/remembered.ts';
import { judged } from '../../helpers/fake-rules.ts';

const DISK = { alertname: 'DiskFull', job: 'db', cluster: 'eu', instance: 'db-1:9100', severity: 'warning' };

describe('the identity under which a category is remembered', () => {
  it.each([
    ['another host', { ...DISK, instance: 'db-2:9100' }],
    ['another severity', { ...DISK, severity: 'critical' }],
    ['a pod that was made anew', { ...DISK, pod: 'db-7f9c' }],
    ['a label that holds an address', { ...DISK, source_host: '10.0.0.7' }],
  ])('is the same for %s', (_what, labels) => {
    expect(alertIdentity('am', labels)).toBe(alertIdentity('am', DISK));
  });

  it.each([
    ['another alert', 'am', { ...DISK, alertname: 'DiskSlow' }],
    ['another cluster', 'am', { ...DISK, cluster: 'us' }],
    ['another source', 'grafana', DISK],
  ])('is another for %s', (_what, source, labels) => {
    expect(alertIdentity(source, labels)).not.toBe(alertIdentity('am', DISK));
  });
});

describe('what a person decided about the same alert', () => {
  const ada: Remembered = {
    ...{ by: 'ada', category: 'network-downtime', reason: 'the switch', incident: 4, at: Date.UTC(2026, 0, 5) },
  };

  it('is the category, with their name as the reason and what would have been said without it', () => {
    const verdict = recallCategory(ada, judged('other', 0.72));
    expect(verdict).toMatchObject({ category: 'network-downtime', method: 'person', confidence: 0.95 });
    expect(verdict.reasons).toEqual([
      'ada filed INC-4 of the same alert under network downtime on 2026-01-05: the switch',
      'Without that it would be none of the four: it looks like other',
    ]);
    expect(verdict.alternatives).toEqual([{ category: 'other', confidence: 0.72 }]);
  });

  it('does not hide that this one looks like a breach, and gives no grounds for that as if for the other', () => {
    const breach = {
      ...judged('data-security-breach'),
      reasons: ['It names an attack', 'Alerts with “worm” are such'],
    };
    expect(recallCategory(ada, breach).reasons).toEqual([
      'Check for breach: by itself it looks like one: It names an attack',
      'ada filed INC-4 of the same alert under network downtime on 2026-01-05: the switch',
    ]);
  });

  it('does not hide that this one asks to check for a breach', () => {
    const mark = 'Check for breach: a log line says “failed password for”';
    const itself = { ...judged('network-downtime'), reasons: [mark, 'it looks like network'] };
    const { reasons } = recallCategory(ada, itself);
    expect(reasons[0]).toBe(mark);
    expect(reasons.filter((reason) => reason === mark)).toHaveLength(1);
  });
});
