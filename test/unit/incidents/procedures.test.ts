import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ruleFile } from '../../../src/config/rules-schema.ts';
import { CATEGORIES } from '../../../src/domain/category.ts';
import { labelSet } from '../../../src/domain/alert.ts';
import { compileProcedures, fillStep, procedureOf } from '../../../src/incidents/procedure.ts';
import { sampleEvidence, sampleIncident } from '../../helpers/sample-incident.ts';

const shipped = compileProcedures(
  ruleFile.parse(parse(readFileSync('rules/procedures.yaml', 'utf8'))).procedures ?? [],
);

describe('the shipped procedures', () => {
  it('have steps for every category at the levels that work on it', () => {
    for (const category of CATEGORIES) {
      const steps = shipped.get(category) ?? [];
      expect(steps.some(({ level }) => level === '2')).toBe(true);
      expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
      if (category !== 'other' && category !== 'unclassified') {
        expect(new Set(steps.map(({ level }) => level))).toEqual(new Set(['1', '2', '3', 'x']));
      }
    }
  });

  it('read as sentences whether or not the alert says everything', () => {
    const bare = sampleIncident({ labels: labelSet([]), service: '' });
    for (const steps of shipped.values()) {
      for (const step of steps) {
        expect(fillStep(step, bare).text).not.toMatch(/\{\{|undefined|unknown| {2}/);
        expect(fillStep(step, sampleIncident()).text).not.toMatch(/\{\{|undefined/);
      }
    }
  });
});

describe('a step of a procedure', () => {
  const step = (text: string, link = '') => ({ id: 's', level: '2' as const, text, link });

  it("is filled with the alert's own values", () => {
    const incident = sampleIncident({ labels: labelSet([['instance', 'db-1:9100']]) });
    expect(fillStep(step('Log in to {{ labels.instance }} for {{ incident.id }}'), incident).text).toBe(
      `Log in to db-1:9100 for INC-${incident.number}`,
    );
  });

  it('links to the logs where there are some, and nowhere where there are none', () => {
    const link = '{{ evidence.logs.url }}';
    expect(fillStep(step('Read', link), sampleIncident({ evidence: [sampleEvidence()] })).link).toMatch(
      /^https:\/\/kibana/,
    );
    expect(fillStep(step('Read', link), sampleIncident({ evidence: [] })).link).toBe('');
  });

  it('never lets a label leave its place in an address', () => {
    const incident = sampleIncident({ labels: labelSet([['instance', '../../x?y=1#z&q=<script>']]) });
    const { link } = fillStep(step('Look', 'https://wiki.example.org/hosts/{{ labels.instance }}'), incident);
    expect(new URL(link).pathname.split('/')).toHaveLength(3);
    expect(new URL(link).search).toBe('');
  });

  it('never takes another scheme than http from an annotation', () => {
    const incident = sampleIncident({ annotations: labelSet([['runbook_url', 'javascript:alert(1)']]) });
    expect(fillStep(step('Read', '{{ annotations.runbook_url }}'), incident).link).toBe('');
  });

  it('is shown for the levels that the incident has reached, with who ticked it', () => {
    const steps = [
      { id: 'a', level: '2' as const, text: 'first', link: '' },
      { id: 'b', level: '3' as const, text: 'second', link: '' },
    ];
    const ticks = { a: { by: 'ada', at: 5 } };
    expect(procedureOf(steps, sampleIncident({ level: '2', ticks }))).toEqual([
      { id: 'a', level: '2', text: 'first', link: '', done: true, by: 'ada', at: 5 },
    ]);
    expect(procedureOf(steps, sampleIncident({ level: '3', ticks }))).toHaveLength(2);
  });
});
