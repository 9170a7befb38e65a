import type { Evidence, EvidenceLine } from '../../../src/domain/incident.ts';
import { areAlike, gainOf } from '../../../src/incidents/gain.ts';
import { judged, MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, DAWN, evidenceOf, groupOf, World } from '../../helpers/incident-world.ts';

const lineOf = (text: string, more: Partial<EvidenceLine> = {}): EvidenceLine => ({
  ...{ at: DAWN, level: 'error', service: 'api', text, count: 1, class: 'NEW', ...more },
});
const found = (texts: readonly string[], more: Partial<Evidence> = {}): Evidence =>
  evidenceOf({ lines: texts.map((text) => lineOf(text)), ...more });
const LOST = 'lost psp-1 after 12 ms';

describe('what a further look adds', () => {
  it.each<[string, Evidence, Evidence, string]>([
    ['the same lines', found([LOST]), found([LOST]), 'nothing'],
    ['lines that differ in numbers and names with digits', found([LOST]), found(['lost psp-7 after 3 ms']), 'nothing'],
    ['an error of another kind', found([LOST]), found([LOST, 'disk is full']), 'material'],
    [
      'a new line that is no error, among the first',
      found([LOST]),
      evidenceOf({ lines: [lineOf('restarted by hand', { level: 'info' })] }),
      'material',
    ],
    [
      'a line of every day',
      found([LOST]),
      evidenceOf({ lines: [lineOf(LOST), lineOf('order placed', { level: 'info', class: 'UP' })] }),
      'more',
    ],
    ['another class', found([LOST]), evidenceOf({ lines: [lineOf(LOST, { class: 'UP' })] }), 'more'],
    ['all of what was partial', found([LOST], { state: 'partial' }), found([LOST]), 'more'],
    ['a part of what was complete', found([LOST]), found([LOST], { state: 'partial' }), 'nothing'],
    ['logs where there were none', evidenceOf({ state: 'unavailable' }), found([LOST]), 'material'],
    ['nothing, as the store is away now', found([LOST]), evidenceOf({ state: 'unavailable' }), 'nothing'],
    ['nothing again', evidenceOf({ state: 'unavailable' }), evidenceOf({ state: 'unavailable' }), 'nothing'],
  ])('%s: %#', (_what, before, after, gain) => {
    expect(gainOf([before], after)).toBe(gain);
  });

  it('goes by all looks before it', () => {
    expect(gainOf([found([LOST]), found(['disk is full'])], found([LOST, 'disk is full']))).toBe('nothing');
  });

  it('tells lines of another service or level apart', () => {
    expect(areAlike(lineOf('x y z'), lineOf('x y z', { service: 'web' }))).toBe(false);
    expect(areAlike(lineOf('x y z'), lineOf('x y z', { level: 'warn' }))).toBe(false);
    expect(areAlike(lineOf('a b c'), lineOf('a d e'))).toBe(false);
  });
});

describe('the second look', () => {
  async function worldWithLogs(evidence = found([LOST]), rules = rulesOf()): Promise<World> {
    const world = new World(rules);
    await world.deliver(groupOf([alertOf('a')]));
    world.take('evidence');
    world.do(world.uid(), { type: 'evidence', evidence, logLines: [] });
    world.told();
    return world;
  }
  const look = (world: World, evidence: Evidence, logLines: readonly string[] = []): void =>
    void world.do(world.uid(), { type: 'evidence', evidence: { ...evidence, look: 'second' }, logLines });

  it('follows the first one after a minute, and no other follows', async () => {
    const world = await worldWithLogs();
    expect(world.take('evidence')).toMatchObject([{ payload: { look: 'second' }, dueAt: world.now + MINUTE }]);
    look(world, found(['disk is full']));
    expect(world.take('evidence')).toEqual([]);
  });

  it('is not made where there is no store to ask', async () => {
    const world = await worldWithLogs(evidenceOf({ store: '', state: 'unavailable' }));
    expect(world.take('evidence')).toEqual([]);
  });

  it('leaves no trace where it found nothing new', async () => {
    const world = await worldWithLogs();
    const { length } = world.timeline();
    look(world, found(['lost psp-9 after 1 ms']));
    expect(world.timeline()).toHaveLength(length);
    expect(world.told()).toEqual([]);
  });

  it('is on record where it found more, and told where that explains something', async () => {
    const world = await worldWithLogs();
    look(world, evidenceOf({ lines: [lineOf(LOST, { class: 'UP' })] }));
    expect(world.told()).toEqual([]);
    look(world, found(['disk is full']));
    expect(world.told()).toEqual(['evidence l2-slack']);
    expect(world.incident().evidence.map(({ look: which }) => which)).toEqual([undefined, 'second', 'second']);
  });

  it('can change the category, as the first one can', async () => {
    const rules = rulesOf({
      classify: ({ logLines }) =>
        judged(logLines.includes('no such host') ? 'network-downtime' : 'cloud-service-interruption'),
    });
    const world = await worldWithLogs(found([LOST]), rules);
    look(world, found(['no such host']), ['no such host']);
    expect(world.incident().classification.category).toBe('network-downtime');
  });

  it('tells the classifier which lines are fresh: not those that came as often before', async () => {
    const seen: (readonly string[])[] = [];
    const rules = rulesOf({ classify: ({ freshLines }) => (seen.push(freshLines), judged('other')) });
    const lines = [lineOf('new', { class: 'NEW' }), lineOf('more', { class: 'UP' }), lineOf('less', { class: 'DOWN' })];
    await worldWithLogs(evidenceOf({ lines: [...lines, lineOf('gone', { class: 'GONE' })] }), rules);
    await worldWithLogs(evidenceOf({ lines: [lineOf('nothing to compare with')] }), rules);
    expect(seen.filter((fresh) => fresh.length > 0)).toEqual([['new', 'more'], ['nothing to compare with']]);
  });

  it('of an incident that is over is on record and not told', async () => {
    const world = await worldWithLogs();
    world.do(world.uid(), { type: 'resolve', by: ADA, reason: 'mended' });
    world.told();
    look(world, found(['disk is full']));
    expect(world.incident().evidence).toHaveLength(2);
    expect(world.told()).toEqual([]);
  });

  it('comes before a handover too where the first one is older than two minutes', async () => {
    const world = await worldWithLogs();
    world.take('evidence');
    world.wait(MINUTE);
    world.do(world.uid(), { type: 'escalate', by: ADA, level: '3', reason: 'beyond us' });
    expect(world.take('evidence')).toEqual([]);
    const later = await worldWithLogs();
    later.take('evidence');
    later.wait(2 * MINUTE + SECOND);
    later.do(later.uid(), { type: 'escalate', by: ADA, level: '3', reason: 'beyond us' });
    const waitUntil = later.now + 5 * SECOND;
    expect(later.take('evidence')).toMatchObject([{ dueAt: later.now, payload: { look: 'handover', waitUntil } }]);
    expect(later.take('handover')).toMatchObject([{ dueAt: later.now, payload: { waitUntil } }]);
    later.told();
    const evidence = { ...found(['disk is full']), look: 'handover' } as const;
    later.do(later.uid(), { type: 'evidence', evidence, logLines: [], late: false });
    expect(later.told()).toEqual([]); // it is in the bundle
    later.do(later.uid(), {
      ...{ type: 'evidence', logLines: [], late: true },
      evidence: { ...found(['the file system is gone']), look: 'handover' },
    });
    expect(later.told()).toEqual(['evidence l3-mail', 'evidence l3-hook']);
  });
});
