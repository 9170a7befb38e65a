import type { Alert, AlertGroup } from '../../../src/domain/alert.ts';
import { correlate, groupingKeyOf, type KnownAlert, type LastWord } from '../../../src/incidents/correlate.ts';
import { alertOf, DAWN, endOf, groupOf } from '../../helpers/incident-world.ts';

const BY = ['groupKey', 'alertname'];
const ROUTE_BEFORE = '{}/{team="a"}:{alertname="ApiDown"}';
const ROUTE_AFTER = '{}/{team="b"}:{alertname="ApiDown"}';

interface Known {
  held?: readonly (readonly [Alert, Partial<KnownAlert>])[];
  heard?: readonly (readonly [Alert, LastWord])[];
  open?: Readonly<Record<string, string>>;
}

/** `INC: change change` for each incident, `new` where one opens. */
function outcome(group: AlertGroup, { held = [], heard = [], open = {} }: Known = {}): string[] {
  const holders = new Map(
    held.map(([alert, known]) => [
      alert.fingerprint,
      { incident: 'A', status: 'firing' as const, startsAt: alert.startsAt, ...known },
    ]),
  );
  const words = new Map(heard.map(([alert, word]) => [alert.fingerprint, word]));
  const index = {
    holderOf: (source: string, fingerprint: string) => (source === 'am' ? holders.get(fingerprint) : undefined),
    lastWordOf: (_source: string, fingerprint: string) => words.get(fingerprint),
    incidentOf: (key: string) => open[key],
  };
  return correlate(group, index, BY).map(
    ({ incident, alerts }) => `${incident ?? 'new'}: ${alerts.map(({ change }) => change).join(' ')}`,
  );
}

function keyOf(groupKey: string | null, name = 'ApiDown'): string {
  return groupingKeyOf(groupOf([], { groupKey }), alertOf('any', { name }), BY);
}

const a = alertOf('a');
const b = alertOf('b');
const c = alertOf('c');

describe('which incident an alert belongs to', () => {
  it.each<[string, AlertGroup, Known, string[]]>([
    ['an alert that nobody knows opens an incident', groupOf([a]), {}, ['new: fired']],
    ['alerts of one group and name open one incident together', groupOf([a, b, c]), {}, ['new: fired fired fired']],
    [
      'several alertnames in one group open one incident each',
      groupOf([a, alertOf('a', { name: 'DiskFull' }), b]),
      {},
      ['new: fired fired', 'new: fired'],
    ],
    ['(1) an alert goes to the incident that holds it', groupOf([a]), { held: [[a, {}]] }, ['A: repeat']],
    [
      '(1) before (2): the holder counts more than the grouping key',
      groupOf([a]),
      { held: [[a, {}]], open: { [keyOf(groupOf([a]).groupKey)]: 'B' } },
      ['A: repeat'],
    ],
    [
      '(2) an alert that nobody holds goes to the incident of its group',
      groupOf([b]),
      { open: { [keyOf(groupOf([a]).groupKey)]: 'A' } },
      ['A: fired'],
    ],
    [
      '(3) after a route edit new alerts follow their neighbours of the same name',
      groupOf([a, b], { groupKey: ROUTE_AFTER }),
      { held: [[a, {}]], open: { [keyOf(ROUTE_BEFORE)]: 'A' } },
      ['A: repeat fired'],
    ],
    [
      '(3) but not those of another name',
      groupOf([a, alertOf('b', { name: 'DiskFull' })], { groupKey: ROUTE_AFTER }),
      { held: [[a, {}]] },
      ['A: repeat', 'new: fired'],
    ],
    [
      '(2) before (3): an incident of the new group exists already',
      groupOf([a, b], { groupKey: ROUTE_AFTER }),
      { held: [[a, {}]], open: { [keyOf(ROUTE_AFTER)]: 'B' } },
      ['A: repeat', 'B: fired'],
    ],
    [
      'the same alert under another group key (`continue: true`) stays one incident',
      groupOf([a], { groupKey: '{}/{job="audit"}:{}', receiver: 'audit' }),
      { held: [[a, {}]] },
      ['A: repeat'],
    ],
    [
      'the second Alertmanager of a pair tells nothing new',
      groupOf([a], { externalURL: 'http://am-1:9093' }),
      { held: [[a, {}]] },
      ['A: repeat'],
    ],
    [
      'the same fingerprint of another source is another alert',
      groupOf([a], { source: 'grafana' }),
      { held: [[a, {}]] },
      ['new: fired'],
    ],
    ['a resolved alert that nobody holds opens nothing', groupOf([endOf(a, DAWN + 1)]), {}, []],
    [
      'a resolved alert that nobody holds joins what its neighbours open',
      groupOf([endOf(b, DAWN + 1), a]),
      {},
      ['new: fired resolved'],
    ],
    [
      'and joins the open incident of its group',
      groupOf([endOf(b, DAWN + 1)]),
      { open: { [keyOf(groupOf([a]).groupKey)]: 'A' } },
      ['A: resolved'],
    ],
    [
      'a label edited in the rule: the new alert stands beside the old one',
      groupOf([a, alertOf('a', { labels: { severity: 'warning' } })]),
      { held: [[a, {}]], open: { [keyOf(groupOf([a]).groupKey)]: 'A' } },
      ['A: repeat fired'],
    ],
    [
      'alerts without a name are one kind of their own',
      groupOf([alertOf('a', { name: '' }), alertOf('b', { name: '' })]),
      {},
      ['new: fired fired'],
    ],
  ])('%s', (_name, group, known, expected) => {
    expect(outcome(group, known)).toEqual(expected);
  });

  it('sources without group keys are grouped by alertname', () => {
    expect(keyOf(null)).toBe(keyOf(null));
    expect(keyOf(null)).not.toBe(keyOf(null, 'DiskFull'));
  });

  it('a group key of 60 kB is as good as any other, and no two names run into each other', () => {
    expect(keyOf('x'.repeat(60_000))).toMatch(/^[0-9a-f]{64}$/);
    const by = (labels: Record<string, string>) => groupingKeyOf(groupOf([]), alertOf('a', { labels }), ['x', 'y']);
    expect(by({ x: 'a","b', y: '' })).not.toBe(by({ x: 'a', y: 'b' }));
  });
});

describe('startsAt decides what is news', () => {
  const later = DAWN + 60_000;
  const known = (status: 'firing' | 'resolved', startsAt: number): Known => ({ held: [[a, { status, startsAt }]] });

  it.each<[string, Alert, Known, string]>([
    ['the same firing again', a, known('firing', DAWN), 'repeat'],
    ['firing on with a later beginning: the same episode', { ...a, startsAt: later }, known('firing', DAWN), 'renewed'],
    [
      'firing on with an earlier beginning: the same episode',
      { ...a, startsAt: DAWN - 5 },
      known('firing', DAWN),
      'repeat',
    ],
    ['the end of the episode', endOf(a, later), known('firing', DAWN), 'resolved'],
    [
      'the end, whose beginning has moved earlier',
      endOf({ ...a, startsAt: DAWN - 5 }, later),
      known('firing', DAWN),
      'resolved',
    ],
    ['the end of the episode before, arriving late', endOf(a, DAWN + 30_000), known('firing', later), 'stale'],
    ['the end once more', endOf(a, later), known('resolved', DAWN), 'repeat'],
    [
      'the end of an episode whose beginning was lost',
      endOf({ ...a, startsAt: later }, later + 1),
      known('resolved', DAWN),
      'renewed',
    ],
    ['a retry with the snapshot of its flush, after the end', a, known('resolved', DAWN), 'stale'],
    ['an even older firing after the end', { ...a, startsAt: DAWN - 5 }, known('resolved', DAWN), 'stale'],
    ['a new episode', { ...a, startsAt: later }, known('resolved', DAWN), 'fired'],
  ])('%s', (_name, alert, index, change) => {
    expect(outcome(groupOf([alert]), index)).toEqual([`A: ${change}`]);
  });

  it('an end whose beginning moved earlier leaves the later beginning known, so that a retry stays late', () => {
    const index = {
      holderOf: () => ({ incident: 'A', status: 'firing' as const, startsAt: later }),
      lastWordOf: () => undefined,
      incidentOf: () => undefined,
    };
    const [correlation] = correlate(groupOf([endOf(a, later + 1)]), index, BY);
    expect(correlation?.alerts[0]).toMatchObject({ change: 'resolved', startsAt: later });
  });

  it.each<[string, readonly Alert[], string]>([
    ['twice the same', [a, a], 'new: fired'],
    ['firing and resolved of one beginning: it fires', [endOf(a, later), a], 'new: fired'],
    ['an old end and a new beginning: it fires', [endOf(a, DAWN + 1), { ...a, startsAt: later }], 'new: fired'],
  ])('a fingerprint twice in one payload counts once: %s', (_name, alerts, expected) => {
    expect(outcome(groupOf(alerts))).toEqual([expected]);
  });

  it('an old firing and the end of a newer episode: it has ended', () => {
    const alerts = [a, endOf({ ...a, startsAt: later }, later + 1)];
    expect(outcome(groupOf(alerts), known('firing', DAWN))).toEqual(['A: resolved']);
  });

  it.each<[string, Alert, LastWord, string[]]>([
    ['a late retry opens nothing after its incident was closed', a, { status: 'resolved', startsAt: DAWN }, []],
    [
      'a new episode opens a new one',
      { ...a, startsAt: later },
      { status: 'resolved', startsAt: DAWN },
      ['new: fired'],
    ],
    ['what still fired when it was closed opens a new one', a, { status: 'firing', startsAt: DAWN }, ['new: fired']],
  ])('%s', (_name, alert, word, expected) => {
    expect(outcome(groupOf([alert]), { heard: [[alert, word]] })).toEqual(expected);
  });
});
