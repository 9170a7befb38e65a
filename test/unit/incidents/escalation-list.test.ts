import fc from 'fast-check';
import type { Escalation } from '../../../src/domain/incident.ts';
import { escalationCount, NEWEST_KEPT, withEscalation } from '../../../src/incidents/escalation-list.ts';
import { fold } from '../../../src/incidents/evolve.ts';
import { incidentView } from '../../../src/incidents/incident-view.ts';
import { openEntry } from '../../../src/incidents/timeline.ts';
import { levelTwo, MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, endOf, groupOf, World } from '../../helpers/incident-world.ts';

const escalation = (at: number): Escalation => ({ from: '2', to: '2', reason: 'reopened', at, by: 'tierbell' });

describe('the escalations that an incident keeps', () => {
  it('are the first and the newest, in their order, and none is lost from the count', () => {
    fc.assert(
      fc.property(fc.nat(300), (many) => {
        const all = Array.from({ length: many }, (_none, at) => escalation(at));
        const kept = all.reduce(withEscalation, { escalations: [] });
        expect(kept.escalations.length).toBeLessThanOrEqual(NEWEST_KEPT + 1);
        expect(escalationCount(kept)).toBe(many);
        expect(kept.escalations).toEqual([...all.slice(0, 1), ...all.slice(1).slice(-NEWEST_KEPT)]);
      }),
    );
  });

  it('stay few however often it flaps, and each is in the timeline', async () => {
    const rules = rulesOf({ steps: [levelTwo({ inform: [] })] });
    const world = new World(rules);
    const alert = alertOf('a');
    await world.deliver(groupOf([alert]));
    for (let flap = 0; flap < 60; flap++) {
      world.wait(MINUTE);
      await world.deliver(groupOf([endOf(alert, world.now)]));
      world.wait(5 * MINUTE); // longer than it is held
      await world.deliver(groupOf([{ ...alert, startsAt: world.now }]));
    }
    const incident = world.incident();
    const entries = world.timeline();
    const onRecord = entries.filter(({ type }) => type === 'escalated');
    expect(onRecord.length).toBeGreaterThan(50);
    expect(incident.escalations).toHaveLength(NEWEST_KEPT + 1);
    expect(escalationCount(incident)).toBe(onRecord.length);
    expect(fold(entries.map(openEntry))).toEqual(incident);
    const view = incidentView(incident, { alerts: [], links: [], full: true });
    expect(view['counts']).toMatchObject({ escalations: onRecord.length });
  });
});
