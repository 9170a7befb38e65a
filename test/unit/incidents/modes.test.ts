import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import { notesOn } from '../../../src/config/notes.ts';
import type { Rules } from '../../../src/incidents/rules.ts';
import { judged, RESTART, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, endOf, evidenceOf, groupOf, World } from '../../helpers/incident-world.ts';
import { sampleInput } from '../../helpers/sample-incident.ts';
import { load, MAIN, POLICY, replaced } from '../config/files.ts';

const HOUR = 3_600_000;
const alert = alertOf('a');
const worldOf = (change: Partial<Rules>): World =>
  new World(rulesOf({ selectFix: () => RESTART, classify: () => judged('network-downtime'), ...change }));

const logs = (world: World) =>
  world.do(world.uid(), { type: 'evidence', evidence: evidenceOf(), logLines: ['link down'] });

describe('mode: observe', () => {
  const watching = { mode: 'observe', observers: ['watch-chat'] } as const;

  it('sends the evidence and the category to the channels that observe, and nothing to anybody else, ever', async () => {
    const world = worldOf(watching);
    await world.deliver(groupOf([alert]));
    expect(world.told()).toEqual([]);
    logs(world);
    expect(world.incident()).toMatchObject({ classification: { category: 'network-downtime' }, status: 'triggered' });
    expect(world.told()).toEqual(['observed watch-chat']);
    world.wait(100 * HOUR);
    await world.deliver(groupOf([endOf(alert, world.now)]));
    world.wait(HOUR);
    await world.deliver(groupOf([alertOf('a', { startsAt: world.now })]));
    world.wait(HOUR);
    expect(world.told()).toEqual([]);
    expect([...world.take('fix'), ...world.take('handover')]).toEqual([]);
    expect(world.incident().escalations.filter(({ reason }) => reason !== 'reopened')).toEqual([]);
  });

  it('does not wait for logs where no store is there to ask', async () => {
    const world = worldOf({ ...watching, noLogs: () => 'no log store is configured' });
    await world.deliver(groupOf([alert]));
    expect(world.told()).toEqual(['observed watch-chat']);
  });

  it('lets people acknowledge and resolve, and refuses to escalate with a sentence', async () => {
    const world = worldOf(watching);
    await world.deliver(groupOf([alert]));
    expect(world.do(world.uid(), { type: 'escalate', by: ADA, level: '3', reason: '' })).toEqual({
      refused: true,
      detail: 'INC-1: nobody is told while the configuration says mode: observe',
    });
    world.do(world.uid(), { type: 'acknowledge', by: ADA, takeover: false });
    world.do(world.uid(), { type: 'resolve', by: ADA, reason: 'seen to' });
    expect(world.incident().status).toBe('resolved');
    expect(world.told()).toEqual([]);
  });

  it('ends the waiting of incidents that were paged before', async () => {
    const rules = { ...rulesOf() };
    const world = new World(rules);
    await world.deliver(groupOf([alert]));
    expect(world.told()).toContain('page l2-slack');
    Object.assign(rules, watching);
    world.wait(100 * HOUR);
    expect(world.told()).toEqual([]);
    expect(world.incident()).toMatchObject({ level: '2', deadlines: {} });
  });

  it('tells nobody of a message that could not be sent, but keeps it on record', async () => {
    const world = worldOf(watching);
    await world.deliver(groupOf([alert]));
    world.do(world.uid(), {
      ...{ type: 'notice_failed', channel: 'watch-chat', recipient: 'watch-chat', purpose: 'observed', detail: 'gone' },
    });
    expect(world.told()).toEqual([]);
    expect(world.types()).toContain('notice_failed');
  });

  it('is worded so that nobody feels called', () => {
    const notice = wordNotice(sampleInput({ purpose: 'observed' }));
    expect(notice.headline).toMatch(/^Observed: CheckoutErrors.*; cloud service interruption, since /);
    expect(notice.asks).toBe(false);
    expect(notice.links.some(({ acknowledges }) => acknowledges)).toBe(false);
    expect(notice.facts.map(([name]) => name)).toEqual(['Since', 'How bad', 'Where', 'Category']);
    expect(notice.hint).toContain('mode: observe');
  });
});

describe('mode: notify', () => {
  it('tells people as the policy says and runs no fix', async () => {
    const world = worldOf({ mode: 'notify', observers: ['watch-chat'] });
    await world.deliver(groupOf([alert]));
    expect(world.told()).toEqual(['page l2-slack', 'inform desk-mail']);
    logs(world);
    expect(world.told()).toEqual(['evidence l2-slack']);
    expect(world.take('fix')).toEqual([]);
    world.wait(16 * 60_000);
    expect(world.handOver()).toEqual(['3']);
  });
});

describe('mode: full', () => {
  it('lets the known fix go first', async () => {
    const world = worldOf({ mode: 'full', observers: ['watch-chat'] });
    await world.deliver(groupOf([alert]));
    expect(world.take('fix')).toHaveLength(1);
    expect(world.told()).toEqual([]);
  });
});

describe('check-config', () => {
  const notes = async (main: string): Promise<string[]> => {
    const loaded = await load({ 'etc/main.yaml': main, 'etc/rules.yaml': POLICY });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return notesOn(loaded.config);
  };

  it('says that nobody is sent anything where it observes without a channel for it', async () => {
    const observing = replaced(MAIN, 'fallback:', 'mode: observe\nfallback:');
    expect(await notes(observing)).toEqual([expect.stringMatching(/no channel says `observe: true`.*console only$/)]);
    expect(await notes(replaced(observing, 'to: [b@example.org]', 'to: [b@example.org], observe: true'))).toEqual([]);
    expect(await notes(MAIN)).toEqual([]);
  });
});
