import type { Owner, Team } from '../../../src/config/schema.ts';
import { compileOwners } from '../../../src/incidents/owners.ts';
import { compileServices } from '../../../src/incidents/services.ts';
import { isOpen } from '../../../src/domain/incident.ts';
import type { PolicyStep, Rules } from '../../../src/incidents/rules.ts';
import { judged, levelThree, levelTwo, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, evidenceOf, groupOf, World } from '../../helpers/incident-world.ts';

const team = (name: string): Team => ({ name, channels: [`${name}-chat`], confidential: false });
const TEAMS: readonly Team[] = [team('level2'), team('shop'), team('security')];
const OWNERS: readonly Owner[] = [
  { category: 'data-security-breach', team: 'security' },
  { from: 'labels.team' },
  { from: 'labels.support_group' },
  { team: 'level2' },
];
const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  level2: ['l2-slack'],
  level3: ['l3-mail'],
  'service-desk': ['desk-mail'],
};

const STEPS = [levelTwo({ notify: ['owner.level2', 'level2'] }), levelThree({ notify: ['owner.level3', 'level3'] })];

function worldOf(change: Partial<Rules> & { owners?: readonly Owner[]; steps?: readonly PolicyStep[] } = {}): World {
  const { owners = OWNERS, steps = STEPS, ...more } = change;
  return new World(
    rulesOf({
      steps,
      ownerOf: compileOwners(owners, TEAMS, compileServices([])),
      isTeam: (name) => TEAMS.some((one) => one.name === name),
      channelsOf: (names, of) => [
        ...new Set(
          names.flatMap((name) => {
            if (name.startsWith('owner.')) return TEAMS.some((one) => one.name === of) ? [`${of}-chat`] : [];
            return CHANNELS[name] ?? (name.includes('-') ? [name] : []);
          }),
        ),
      ],
      ...more,
    }),
  );
}

const entry = (name: string, team?: string) => ({
  ...{ name, matchers: [`component="${name}"`], depends_on: [], skills: [], contacts: [] },
  ...(team === undefined ? {} : { team }),
});

const ofShop = (labels: Record<string, string> = { team: 'shop' }) => groupOf([alertOf('a', { labels })]);

describe('owners', () => {
  it.each([
    ['the team that a label names', { team: 'shop' }, 'network-downtime', 'shop'],
    ['the next label, where the first names no team of ours', { team: 'x', support_group: 'shop' }, 'other', 'shop'],
    ['the team of the category, before any label', { team: 'shop' }, 'data-security-breach', 'security'],
    ['the team for all that is left', {}, 'unclassified', 'level2'],
  ] as const)('give it to %s', async (_what, labels, category, owner) => {
    const world = worldOf({ classify: () => judged(category) });
    await world.deliver(ofShop(labels));
    expect(world.incident()).toMatchObject({ team: owner, ownedBy: 'rules' });
    expect(world.timeline().find(({ type }) => type === 'owned')?.text).toMatch(new RegExp(`^Team ${owner} owns it: `));
  });

  it('yield nobody where no entry fits: the incident keeps what its label says, and the other names of the step stand', async () => {
    const world = worldOf({ owners: [{ from: 'labels.team' }] });
    await world.deliver(ofShop({ team: 'strangers' }));
    expect(world.incident()).toMatchObject({ team: 'strangers', ownedBy: null });
    expect(world.types()).not.toContain('owned');
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
  });

  it('with nobody behind the whole list, the fallback is told', async () => {
    const world = worldOf({ owners: [], steps: [levelTwo({ notify: ['owner.level2'], inform: [] })] });
    await world.deliver(ofShop());
    expect(world.told()).toEqual(['fallback fallback-mail']);
  });

  it('tell the owner and whoever else the step names, and the owner of Level 3 with the bundle', async () => {
    const world = worldOf();
    await world.deliver(ofShop());
    expect(world.told()).toEqual(['page shop-chat', 'page l2-slack', 'inform desk-mail']);
    world.wait(15 * 60_000);
    expect(world.handOver()).toEqual(['3']);
    expect(world.told()).toEqual(['escalation shop-chat', 'escalation l3-mail']);
  });
});

describe('owners: from: service', () => {
  const owners: readonly Owner[] = [
    { category: 'data-security-breach', team: 'security' },
    { from: 'service' },
    { team: 'level2' },
  ];
  const services = compileServices([entry('checkout', 'shop'), entry('psp'), entry('gone', 'nobody-knows')]);
  const of = (classify: Rules['classify'] = () => judged('other')): World =>
    worldOf({ classify, services, ownerOf: compileOwners(owners, TEAMS, services) });

  it.each([
    ['the team of the service, by its matchers', { component: 'checkout' }, 'shop'],
    ['the team of the service that the label names', { service: 'checkout' }, 'shop'],
    ['the next entry, where the service has no team', { component: 'psp' }, 'level2'],
    ['the next entry, where that team is not there', { component: 'gone' }, 'level2'],
    ['the next entry, where the alert is about no service of ours', { service: 'stranger' }, 'level2'],
  ])('gives it to %s', async (_what, labels: Record<string, string>, team) => {
    const world = of();
    await world.deliver(ofShop(labels));
    expect(world.incident()).toMatchObject({ team, ownedBy: 'rules' });
  });

  it('is decided again with the category, and the record says why', async () => {
    const world = of(({ logLines }) => judged(logLines.length > 0 ? 'data-security-breach' : 'other', 0.7));
    await world.deliver(ofShop({ component: 'checkout' }));
    expect(world.incident()).toMatchObject({ team: 'shop', service: 'checkout' });
    expect(world.timeline().find(({ type }) => type === 'owned')?.text).toBe(
      'Team shop owns it: the service checkout is theirs',
    );
    world.do(world.uid(), { type: 'evidence', evidence: evidenceOf(), logLines: ['passwd read by a stranger'] });
    expect(world.incident().team).toBe('security');
  });
});

describe('a category that becomes known later', () => {
  const byLogs: Rules['classify'] = ({ logLines }) =>
    logLines.length > 0 ? judged('data-security-breach', 0.7) : judged('unclassified', 0.1);

  it('gives it to another team, which is told of the step that has begun', async () => {
    const world = worldOf({ classify: byLogs });
    await world.deliver(ofShop());
    expect(world.incident().team).toBe('shop');
    world.told();
    world.do(world.uid(), { type: 'evidence', evidence: evidenceOf(), logLines: ['passwd read by a stranger'] });
    expect(world.incident()).toMatchObject({ team: 'security', stepChannels: ['security-chat', 'l2-slack'] });
    expect(world.told()).toEqual(['page security-chat', 'evidence security-chat', 'evidence l2-slack']);
    world.do(world.uid(), { type: 'resolve', by: ADA, reason: '' });
    expect(world.told()).toContain('resolved shop-chat');
  });

  it('so does the correction by a person', async () => {
    const world = worldOf();
    await world.deliver(ofShop());
    world.told();
    world.do(world.uid(), { type: 'reclassify', by: ADA, category: 'data-security-breach', reason: 'keys were read' });
    expect(world.incident().team).toBe('security');
    expect(world.told()).toContain('page security-chat');
  });

  it('leaves it where a person put it', async () => {
    const world = worldOf({ classify: byLogs });
    await world.deliver(ofShop({}));
    world.told();
    world.do(world.uid(), { type: 'assign', by: ADA, owner: 'shop' });
    expect(world.incident()).toMatchObject({ team: 'shop', ownedBy: 'person', owner: 'shop' });
    expect(world.told()).toEqual(['page shop-chat']);
    world.do(world.uid(), { type: 'evidence', evidence: evidenceOf(), logLines: ['passwd read by a stranger'] });
    expect(world.incident().team).toBe('shop');
    expect(isOpen(world.incident())).toBe(true);
  });

  it('survives a restart: it is the fold of the record', async () => {
    const world = worldOf();
    await world.deliver(ofShop());
    const before = world.incident();
    world.restart();
    expect(world.incident()).toEqual(before);
  });
});

describe('assigned to a person', () => {
  it('it stays with its team', async () => {
    const world = worldOf();
    await world.deliver(ofShop());
    world.do(world.uid(), { type: 'assign', by: ADA, owner: 'ben' });
    expect(world.incident()).toMatchObject({ team: 'shop', ownedBy: 'rules', owner: 'ben' });
  });
});
