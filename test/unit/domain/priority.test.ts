import * as fc from 'fast-check';
import { runsOutInMs } from '../../../src/classify/runs-out.ts';
import { SEVERITIES, severityOf, type Severity } from '../../../src/domain/alert.ts';
import { PRIORITIES, prioritise, RATINGS, type PriorityFacts } from '../../../src/domain/priority.ts';
import { HOUR, MINUTE } from '../../helpers/fake-rules.ts';
import { alertOf, groupOf, World } from '../../helpers/incident-world.ts';
import { MAIN, POLICY, load, problemsOf, replaced } from '../config/files.ts';
import { compileRules } from '../../../src/rules.ts';
import { cpuTimeMs } from '../../helpers/cpu-time.ts';

const DAY = 24 * HOUR;

describe('the severity that an alert states', () => {
  const SPELLED: Readonly<Record<Severity, readonly string[]>> = {
    critical: [
      ...[
        'critical',
        ' Critical ',
        'CRIT',
        'page',
        'fatal',
        'emergency',
        'emerg',
        'disaster',
        'major',
        'alert',
        'blocker',
      ],
      ...[
        'urgent',
        'P1',
        'p-1',
        'P0',
        'sev1',
        'SEV-1',
        'Sev 0',
        's1',
        'severity1',
        '1',
        'P1 - Critical',
        'critical (page)',
      ],
      ...['Kritisch', 'critique', 'Crítico', 'crítica', 'urgente', '重大', '緊急', 'ＣＲＩＴＩＣＡＬ'],
    ],
    error: ['error', 'err', 'high', 'P2', 'sev2', 'SEV_2', '2', 'average', 'High!', 'Hoch', 'élevée', 'Alta', 'エラー'],
    warning: [
      'warning',
      'WARN',
      'minor',
      'medium',
      'moderate',
      'ticket',
      'P3',
      'sev3',
      '3',
      'non-critical',
      'no-page',
      'Warnung',
      'Moyenne',
      'advertencia',
      '警告',
    ],
    info: [
      'info',
      'Informational',
      'notice',
      'normal',
      'low',
      'P4',
      'P5',
      'sev4',
      '4',
      '5',
      'debug',
      'niedrig',
      'Faible',
      'baja',
      '情報',
    ],
    none: ['none', 'OK', 'cleared'],
    unknown: ['', 'banana', 'not urgent at all', 'nicht kritisch', 'constructor', '17', 'überkritisch'],
  };
  const cases = Object.entries(SPELLED).flatMap(([severity, all]) => all.map((raw) => [raw, severity] as const));

  it.each(cases)('%j is %s', (raw, severity) => {
    expect(severityOf({ severity: raw })).toBe(severity);
  });

  it.each([
    ['the next label, where the first says nothing known', { severity: 'banana', priority: 'P2' }, 'error'],
    ['the severity before the priority', { severity: 'warning', priority: 'P1' }, 'warning'],
    ['a label of another name', { criticality: 'High' }, 'error'],
    ['unknown for a level that is a number', { level: '1' }, 'unknown'],
  ])('is %s', (_what, labels, severity) => {
    expect(severityOf(labels)).toBe(severity);
  });
});

describe('how soon something runs out', () => {
  const graph = (expression: string): string =>
    `http://p:9090/graph?${new URLSearchParams({ 'g0.expr': expression }).toString()}`;

  it.each([
    ['predict_linear(node_filesystem_avail_bytes{fstype!=""}[6h], 4*60*60) < 0', 4 * HOUR],
    ['a < 0.15 and predict_linear(kubelet_volume_stats_available_bytes{a=~"x,y)"}[6h], 4 * 24 * 3600) < 0', 4 * DAY],
    ['predict_linear(sum by (a, b) (rate(x[5m]))[1h:5m], 3600) > 1', HOUR],
    ['predict_linear(a[1h], (2 * 3600)) < 0 or predict_linear(b[1h], 1800) < 0', 30 * MINUTE],
    ['predict_linear(a[1h], 4h) < 0', 4 * HOUR],
    ['predict_linear(a[1h], -3600) < 0', null],
    ['predict_linear(a[1h], scalar(b)) < 0', null],
    ['predict_linear(a[1h]', null],
    ['rate(a[4h]) > 1', null],
  ])('by its expression %s', (expression, ms) => {
    expect(runsOutInMs({}, graph(expression))).toBe(ms);
  });

  it.each([
    ['The disk will fill up in 4 hours.', 4 * HOUR],
    ['Filesystem is predicted to run out of space within the next 24 hours.', DAY],
    [
      'Based on recent sampling, the PersistentVolume is expected to fill up within four days. Currently 3% is available.',
      4 * DAY,
    ],
    ['At this rate the error budget is exhausted in 2h', 2 * HOUR],
    ['Certificate expires in less than 7.5 days', 7.5 * DAY],
    ['It will be full in about an hour', HOUR],
    ['It will be full in an hour', HOUR],
    ['The disk is 90% full. It has been so for 4 hours', null],
    ['The budget was exhausted in 5 minutes', null],
    ['It will be restarted in 5 minutes', null],
    ['Queue will be full in 99999999999 hours', null],
    ['', null],
  ])('by its words: %s', (description, ms) => {
    expect(runsOutInMs({ description }, '')).toBe(ms);
  });

  it('the expression counts before the words', () => {
    expect(runsOutInMs({ summary: 'It will be full in 3 days' }, graph('predict_linear(a[1h], 3600) < 0'))).toBe(HOUR);
  });

  it.each([
    ['brackets without end', `predict_linear(${'('.repeat(50_000)}`],
    ['a hundred thousand words', 'will fill in '.repeat(8_000)],
    ['digits', `will be full in ${'1'.repeat(100_000)}`],
  ])('is read in no time from %s', (_what, text) => {
    const began = cpuTimeMs();
    runsOutInMs({ summary: text, description: text }, graph(text));
    expect(cpuTimeMs() - began).toBeLessThan(5_000);
  });
});

describe('priority = urgency × impact', () => {
  const service = (tier: number | null, dependents = 0) => ({ name: 'psp', tier, dependents });
  const facts = (change: Partial<PriorityFacts> = {}): PriorityFacts => ({
    ...{ severity: 'warning', targets: 1, runsOutInMs: null, service: null },
    ...change,
  });

  it.each([
    // severity alone, as it ships
    [{ severity: 'critical' }, 'P2', 'severity critical, so urgency is high; 1 target is hit'],
    [{ severity: 'critical', targets: 10 }, 'P1', 'severity critical, so urgency is high; 10 targets are hit'],
    [{ severity: 'unknown' }, 'P2', 'no known severity, so urgency is high; 1 target is hit'],
    [{ severity: 'warning', targets: 9 }, 'P3', 'severity warning, so urgency is medium; 9 targets are hit'],
    [{ severity: 'warning', targets: 10 }, 'P2', 'severity warning, so urgency is medium; 10 targets are hit'],
    [{ severity: 'info' }, 'P4', 'severity info, so urgency is low; 1 target is hit'],
    // how soon
    [
      { runsOutInMs: 4 * HOUR },
      'P2',
      'severity warning, but it runs out within 4 h, so urgency is high; 1 target is hit',
    ],
    [{ runsOutInMs: DAY }, 'P3', 'severity warning, so urgency is medium; 1 target is hit'],
    [
      { severity: 'info', runsOutInMs: DAY },
      'P3',
      'severity info, but it runs out within 1 d, so urgency is medium; 1 target is hit',
    ],
    [{ severity: 'critical', runsOutInMs: 9 * DAY }, 'P2', 'severity critical, so urgency is high; 1 target is hit'],
    [
      { severity: 'unknown', runsOutInMs: 9 * DAY },
      'P3',
      'no known severity, but it runs out within 9 d, so urgency is medium; 1 target is hit',
    ],
    [{ severity: 'none', runsOutInMs: HOUR }, 'P4', 'severity none, so urgency is low; 1 target is hit'],
    // whose
    [
      { severity: 'critical', service: service(1) },
      'P1',
      'severity critical, so urgency is high; 1 target is hit; psp is a service of tier 1',
    ],
    [
      { service: service(1) },
      'P2',
      'severity warning, so urgency is medium; 1 target is hit; psp is a service of tier 1',
    ],
    [
      { service: service(2) },
      'P3',
      'severity warning, so urgency is medium; 1 target is hit; psp is a service of tier 2',
    ],
    [{ service: service(3) }, 'P3', 'severity warning, so urgency is medium; 1 target is hit'],
    [
      { service: service(null, 12) },
      'P2',
      'severity warning, so urgency is medium; 1 target is hit; 12 services need psp',
    ],
    // a person
    [{ severity: 'info', urgency: 'high', runsOutInMs: DAY }, 'P2', 'urgency high by a person; 1 target is hit'],
  ] as const)('%j is %s', (change, priority, reasons) => {
    const found = prioritise(facts(change));
    expect([found.priority, found.reasons.join('; ')]).toEqual([priority, reasons]);
  });

  it('never falls when anything gets worse', () => {
    const any = fc.record({
      severity: fc.constantFrom(...SEVERITIES),
      targets: fc.nat(20),
      runsOutInMs: fc.option(fc.nat(10 * DAY), { nil: null }),
      tier: fc.constantFrom(1, 2, 3, 4, null),
      dependents: fc.nat(20),
    });
    const of = ({
      tier,
      dependents,
      ...rest
    }: { tier: number | null; dependents: number } & Omit<PriorityFacts, 'service'>) =>
      prioritise({ ...rest, service: service(tier, dependents) }).priority;
    fc.assert(
      fc.property(any, fc.nat(20), (one, more) => {
        const before = of(one);
        expect(PRIORITIES).toContain(before);
        expect(of({ ...one, targets: one.targets + more }) <= before).toBe(true);
        expect(of({ ...one, dependents: one.dependents + more }) <= before).toBe(true);
        expect(of({ ...one, tier: 1 }) <= before).toBe(true);
        if (one.runsOutInMs !== null)
          expect(of({ ...one, runsOutInMs: one.runsOutInMs / (more + 1) }) <= before).toBe(true);
      }),
    );
  });

  it('goes by the matrix of the configuration, whose cells that are left out are as they ship', async () => {
    const main = replaced(
      MAIN,
      'fallback:',
      'priority: { matrix: { high: { low: P1 }, low: { low: P3 } } }\nfallback:',
    );
    expect(await problemsOf({ main })).toEqual([
      expect.stringMatching(
        /^etc\/main\.yaml:14:\d+: priority\.matrix\.high: urgency high with impact medium is less important than impact low/,
      ),
      expect.stringMatching(
        /^etc\/main\.yaml:14:\d+: priority\.matrix\.low: urgency low with impact medium is less important than impact low/,
      ),
    ]);
    const right = replaced(main, '{ high: { low: P1 }, low: { low: P3 } }', '{ high: { medium: P1 } }');
    const loaded = await load({ 'etc/main.yaml': right, 'etc/rules.yaml': POLICY });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { matrix } = loaded.config.priority;
    expect(prioritise(facts({ severity: 'critical', targets: 3 }), matrix).priority).toBe('P1');
    expect(RATINGS.map((impact) => matrix.medium[impact])).toEqual(['P2', 'P3', 'P3']);
  });
});

describe('the priority of an incident', () => {
  const SERVICES = 'services: [{ name: psp, tier: 1 }]\n';

  async function worldOf(): Promise<World> {
    const loaded = await load({ 'etc/main.yaml': MAIN, 'etc/rules.yaml': POLICY + SERVICES });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return new World(compileRules(loaded.config, []));
  }

  it('follows from its service and from what it predicts, and says so', async () => {
    const world = await worldOf();
    await world.deliver(groupOf([alertOf('a', { labels: { service: 'psp' } })]));
    expect(world.incident()).toMatchObject({ priority: 'P1', urgency: 'high' });
    expect(world.timeline().find(({ type }) => type === 'prioritised')?.text).toBe(
      'Priority P1: severity critical, so urgency is high; 1 target is hit; psp is a service of tier 1',
    );
  });

  it('rises by itself and never falls', async () => {
    const world = await worldOf();
    const info = alertOf('a', { labels: { severity: 'info' } });
    await world.deliver(groupOf([info]));
    expect(world.incident().priority).toBe('P4');
    await world.deliver(groupOf([info, alertOf('b', { labels: { severity: 'warning' } })]));
    expect(world.incident().priority).toBe('P3');
    await world.deliver(groupOf([{ ...alertOf('b', { labels: { severity: 'warning' } }), status: 'resolved' }]));
    expect(world.incident().priority).toBe('P3');
  });
});
