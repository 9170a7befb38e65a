import fc from 'fast-check';
import { logsOf } from '../../../src/channels/messages/evidence-section.ts';
import type { Evidence } from '../../../src/domain/incident.ts';
import { excerpt } from '../../../src/handover/log-files.ts';
import { evidenceCount, LOOKS_KEPT, withEvidence } from '../../../src/incidents/evidence-list.ts';
import { fold } from '../../../src/incidents/evolve.ts';
import { incidentView } from '../../../src/incidents/incident-view.ts';
import { openEntry } from '../../../src/incidents/timeline.ts';
import { evidenceSection } from '../../../src/console/incident-evidence.ts';
import { levelTwo, rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, evidenceOf, groupOf, World } from '../../helpers/incident-world.ts';

const line = (text: string) => ({ at: null, level: 'error', service: 'api', text, count: 1 });
const handoverLook = (n: number, lines = [line(`${'word '.repeat(n)}end`)]): Evidence =>
  evidenceOf({ id: `look-${n}`, look: 'handover', lines });

const anyEvidence = fc
  .record({
    kind: fc.constantFrom('logs' as const, 'related' as const),
    look: fc.constantFrom(undefined, 'second' as const, 'handover' as const, 'handover' as const),
    hasLines: fc.boolean(),
  })
  .map(({ kind, look, hasLines }) =>
    kind === 'related'
      ? evidenceOf({ kind })
      : evidenceOf({ ...(look === undefined ? {} : { look }), lines: hasLines ? [line('x')] : [] }),
  );

describe('the evidence that an incident keeps', () => {
  it('is what was found first and around it, and the newest looks; none is lost from the count, nor what messages show', () => {
    fc.assert(
      fc.property(fc.array(anyEvidence, { maxLength: 60 }), (all) => {
        const kept = all.reduce(withEvidence, { evidence: [] });
        const looks = (some: readonly Evidence[]) => some.filter(({ look }) => look === 'handover');
        expect(kept.evidence.filter(({ look }) => look !== 'handover')).toEqual(
          all.filter(({ look }) => look !== 'handover'),
        );
        expect(looks(kept.evidence).length).toBeLessThanOrEqual(LOOKS_KEPT + 1);
        expect(looks(kept.evidence).slice(-LOOKS_KEPT)).toEqual(looks(all).slice(-LOOKS_KEPT));
        expect(evidenceCount(kept)).toBe(all.length);
        const whole = { evidence: all } as unknown as Parameters<typeof logsOf>[0];
        expect(logsOf({ ...whole, ...kept })).toBe(logsOf(whole));
      }),
    );
  });

  it('stays small however often it is handed over, and says everywhere how many are left out', async () => {
    const world = new World(rulesOf({ steps: [levelTwo({ inform: [] })] }));
    await world.deliver(groupOf([alertOf('a')]));
    world.do(world.uid(), { type: 'evidence', evidence: evidenceOf({ id: 'first' }), logLines: [] });
    for (let n = 1; n <= 40; n++) world.do(world.uid(), { type: 'evidence', evidence: handoverLook(n), logLines: [] });
    const incident = world.incident();
    const entries = world.timeline();
    expect(entries.filter(({ type }) => type === 'evidence_collected')).toHaveLength(41);
    expect(incident.evidence).toHaveLength(1 + LOOKS_KEPT);
    expect(incident.evidence[0]?.id).toBe('first');
    expect(fold(entries.map(openEntry))).toEqual(incident);
    const view = incidentView(incident, { alerts: [], links: [], full: true });
    expect(view['counts']).toMatchObject({ evidence: 41 });
    const said = '32 older looks at the logs are left out here';
    expect(String(evidenceSection(incident, world.now).text)).toContain(said);
    const input = { incident, raw: [] } as unknown as Parameters<typeof excerpt>[0];
    expect(excerpt(input)).toContain(said);
  });
});
