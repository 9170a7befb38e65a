import { parse } from 'yaml';
import { compileClassifier } from '../../../src/classify/classifier.ts';
import { proposeRules, writeProposals, type Decision, type PastIncident } from '../../../src/classify/propose.ts';
import { ruleFile, type CategoryRule } from '../../../src/config/rules-schema.ts';
import { facts, rule } from './helpers.ts';

const DISK = rule({ id: 'disk', category: 'other', any: [{ words: ['disk'] }], weight: 6 });

function decided(more: Partial<Decision> = {}): Decision {
  const labels = { alertname: 'SanDiskPathLost', job: 'san' };
  return { labels, category: 'network-downtime', by: 'ada', reason: "the path's down", incident: 4, ...more };
}

function past(number: number, labels: Record<string, string>): PastIncident {
  return { number, facts: facts({ instance: `h${number}:9100`, ...labels }) };
}

function propose(decisions: readonly Decision[], incidents: readonly PastIncident[], present = [DISK]) {
  return proposeRules(decisions, incidents, present, (more: readonly CategoryRule[]) =>
    compileClassifier([...present, ...more]),
  );
}

describe('a rule proposed from what a person filed', () => {
  const san = { alertname: 'SanDiskPathLost', job: 'san' };
  const incidents = [past(4, san), past(7, san), past(8, { alertname: 'DiskFull' })];

  it('names the incidents that it would have changed, and weighs enough to change them', () => {
    const [proposal, ...rest] = propose([decided()], incidents);
    expect(rest).toEqual([]);
    expect(proposal?.changes).toEqual([
      { incident: 4, from: 'other', to: 'network-downtime' },
      { incident: 7, from: 'other', to: 'network-downtime' },
    ]);
    expect(proposal?.rule).toMatchObject({ id: 'filed-san-disk-path-lost', category: 'network-downtime', weight: 8 });
  });

  it('is YAML that may be committed as it is, whatever people and alerts wrote', () => {
    const odd = { alertname: `It's "odd" \\ #1: {{ x }}`, 'a label': 'x' };
    const proposals = propose(
      [decided(), decided({ labels: odd, reason: 'line\n# not: a "comment"', category: 'other' })],
      [...incidents, past(9, odd)],
    );
    const text = writeProposals(proposals);
    expect(text).toContain('#   INC-4: other → network-downtime');
    const { categories = [] } = ruleFile.parse(parse(text));
    expect(categories).toEqual(proposals.map((each) => each.rule));
    expect(compileClassifier(categories).classify(facts(odd)).category).toBe('other');
  });

  it('goes by all lasting labels where people filed the same name differently', () => {
    const us = { ...san, cluster: 'us' };
    const proposals = propose(
      [decided({ labels: { ...san, cluster: 'eu' } }), decided({ labels: us, category: 'cloud-service-interruption' })],
      [past(4, { ...san, cluster: 'eu' }), past(5, us)],
    );
    expect(proposals.map((each) => each.changes.map(({ incident, to }) => [incident, to]))).toEqual([
      [[4, 'network-downtime']],
      [[5, 'cloud-service-interruption']],
    ]);
  });

  it('is left out where the rules say so already', () => {
    const said = rule({ id: 'san', any: [{ words: ['san'] }], weight: 12 });
    expect(propose([decided()], incidents, [DISK, said])).toEqual([]);
  });
});
