import type { Actor } from '../../../src/domain/entry.ts';
import type { Command } from '../../../src/incidents/command.ts';
import { decide } from '../../../src/incidents/decide.ts';
import type { Decision } from '../../../src/incidents/draft.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import { judged, MINUTE, RESTART, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, BEN } from '../../helpers/incident-world.ts';
import { NOW, sampleEvidence, sampleIncident } from '../../helpers/sample-incident.ts';

const step = { id: 'read-logs', level: '2' as const, text: 'Read the logs of {{ incident.service }}', link: '' };
const rules = rulesOf({ procedure: () => [step] });

function open(more: Partial<Incident> = {}): Incident {
  const base = {
    status: 'triggered',
    level: '2',
    step: 0,
    priority: 'P3',
    urgency: 'medium',
    acknowledgedBy: null,
  } as const;
  return sampleIncident({
    ...base,
    policy: 'default',
    stepChannels: ['l2-slack'],
    attempts: [],
    escalations: [],
    deadlines: {},
    ...more,
  });
}

function run(incident: Incident, command: Command, with_ = rules): Decision {
  const result = decide(incident.uid, incident, command, with_, NOW);
  if ('refused' in result) throw new Error(result.detail);
  return result;
}

const assess = (urgency: 'high' | 'medium' | 'low' | null): Command => ({
  ...{ type: 'assess', by: ADA, urgency, impact: '40 shops', observations: 'cards fail', openQuestions: 'since when?' },
});

describe("a person's assessment", () => {
  it('is on record with their name and the moment', () => {
    const { incident, entries } = run(open(), assess(null));
    expect(incident.assessment).toEqual({
      ...{
        urgency: null,
        impact: '40 shops',
        observations: 'cards fail',
        openQuestions: 'since when?',
        by: 'ada',
        at: NOW,
      },
    });
    expect(entries.map(({ type }) => type)).toEqual(['assessed']);
    expect(incident.priority).toBe('P3');
  });

  it('changes the priority with the urgency, and a raised one shortens the time to acknowledge', () => {
    const before = open({ deadlines: { ack: NOW + 200 * MINUTE } });
    const { incident } = run(before, assess('high'));
    expect(incident.urgency).toBe('high');
    expect(incident.priority).toBe('P2');
    expect(incident.deadlines.ack).toBe(NOW + 15 * MINUTE);
  });

  it('may lower it too, and then nobody is hurried', () => {
    const before = open({ deadlines: { ack: NOW + 200 * MINUTE } });
    const { incident } = run(before, assess('low'));
    expect(incident.priority).toBe('P4');
    expect(incident.deadlines.ack).toBe(NOW + 200 * MINUTE);
  });
});

describe('a priority set by a person', () => {
  it('that the policy sends to Level 3 at once goes there', () => {
    const { incident } = run(open(), { type: 'prioritise', by: ADA, priority: 'P1', reason: 'all shops are shut' });
    expect(incident.level).toBe('3');
    expect(incident.escalations.at(-1)?.reason).toBe('priority');
  });

  it('said again changes nothing', () => {
    expect(run(open(), { type: 'prioritise', by: ADA, priority: 'P3', reason: '' }).entries).toHaveLength(0);
  });
});

describe('a category set by a person', () => {
  const breach: Command = {
    type: 'reclassify',
    by: ADA,
    category: 'data-security-breach',
    reason: 'somebody read the table',
  };

  it('overrules the rules, keeps their guess as the alternative, and says why', () => {
    const { incident } = run(open(), { ...breach, category: 'network-downtime' });
    expect(incident.classification).toMatchObject({ category: 'network-downtime', confidence: 1, method: 'person' });
    expect(incident.classification.reasons[0]).toBe('ada: somebody read the table');
    expect(incident.classification.alternatives[0]?.category).toBe('cloud-service-interruption');
  });

  it('of a breach goes to Level 3 at once where the policy says so', () => {
    const { incident } = run(open(), breach);
    expect(incident.level).toBe('3');
    expect(incident.escalations.at(-1)?.reason).toBe('category');
  });

  it('with a known fix has it tried', () => {
    const fixing = rulesOf({ selectFix: () => RESTART });
    const { jobs } = run(open(), { ...breach, category: 'network-downtime' }, fixing);
    expect(jobs.map(({ kind }) => kind)).toContain('fix');
  });

  it('is not changed by what the logs say later', () => {
    const { incident } = run(open(), { ...breach, category: 'other' });
    const sure = rulesOf({ classify: () => judged('data-security-breach', 1) });
    const evidence = sampleEvidence({ id: 'later' });
    const after = run(incident, { type: 'evidence', evidence, logLines: ['x'] }, sure).incident;
    expect(after.classification.category).toBe('other');
  });
});

describe('what the bridge had given before', () => {
  const to = (category: 'network-downtime' | 'other'): Command => ({
    type: 'reclassify',
    by: ADA,
    category,
    reason: '',
  });

  it('stays known, however often people change it', () => {
    const once = run(open(), to('network-downtime')).incident;
    expect(once.given).toEqual({ category: 'cloud-service-interruption' });
    const twice = run(once, to('other')).incident;
    const { given } = run(twice, { type: 'prioritise', by: ADA, priority: 'P4', reason: '' }).incident;
    expect(given).toEqual({ category: 'cloud-service-interruption', priority: 'P3' });
  });

  it('is nothing where it only remembered what a person had said', () => {
    const remembered = open();
    const classification = { ...remembered.classification, method: 'person' as const };
    expect(run({ ...remembered, classification }, to('other')).incident.given).toBeUndefined();
  });
});

describe('a step of the procedure', () => {
  const tick = (done: boolean, by: Actor = ADA): Command => ({ type: 'step', by, id: 'read-logs', done });

  it('is ticked off with name and moment, once', () => {
    const { incident, entries } = run(open({ service: 'checkout' }), tick(true));
    expect(incident.ticks).toEqual({ 'read-logs': { by: 'ada', at: NOW } });
    expect(entries[0]?.text).toBe('Done: Read the logs of checkout');
    expect(run(incident, tick(true, BEN)).entries).toHaveLength(0);
  });

  it('can be taken back', () => {
    const { incident } = run(open(), tick(true));
    expect(run(incident, tick(false)).incident.ticks).toEqual({});
  });

  it('that the procedure does not have is refused by name', () => {
    const result = decide('u', open(), { type: 'step', by: ADA, id: 'nope', done: true }, rules, NOW);
    expect(result).toMatchObject({ refused: true, detail: expect.stringContaining('no step "nope"') });
  });
});

it('a closed incident takes no judgement any more', () => {
  const closed = open({ status: 'closed' });
  expect(decide('u', closed, assess('high'), rules, NOW)).toMatchObject({ refused: true });
});

it('an owner is on record, and nobody in particular again', () => {
  const { incident } = run(open(), { type: 'assign', by: ADA, owner: 'ben' });
  expect(incident.owner).toBe('ben');
  expect(run(incident, { type: 'assign', by: ADA, owner: null }).incident.owner).toBeNull();
});
