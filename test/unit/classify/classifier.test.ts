import * as fc from 'fast-check';
import { compileClassifier, DEFAULT_THRESHOLD } from '../../../src/classify/classifier.ts';
import { expressionOf, readFacts } from '../../../src/classify/facts.ts';
import { facts, named, rule } from './helpers.ts';

const DNS = rule({
  id: 'dns-failure',
  any: [
    { matchers: ['alertname=~"(CoreDNS|Dns|DNS).*"'] },
    { words: ['dns', 'name resolution', 'nxdomain'] },
    { log: 'no such host' },
  ],
  weight: 3,
  reason: 'DNS does not answer',
});

describe('one rule', () => {
  it.each([
    ['a matcher', named('CoreDNSDown'), 'its name begins with “CoreDNS”'],
    ['a word of the name', named('ClusterDnsSlow'), 'its name says “dns”'],
    [
      'a phrase of an annotation',
      named('X', { annotations: { summary: 'Name-Resolution fails' } }),
      'its summary says “name resolution”',
    ],
    [
      'a word of the expression',
      named('X', { expression: 'rate(node_dns_errors[5m]) > 0' }),
      '“dns” is in its expression',
    ],
    ['a telling label', facts({ alertname: 'X', reason: 'NXDOMAIN' }), 'its label reason says “nxdomain”'],
    ['a log line', named('X', { logLines: ['ok', 'dial: lookup a: No Such Host'] }), 'a log line says “no such host”'],
  ])('matches by %s and says so', (_what, given, seen) => {
    const verdict = compileClassifier([DNS]).classify(given);
    expect(verdict).toMatchObject({ category: 'network-downtime', confidence: 0.8339, method: 'rule' });
    expect(verdict.reasons).toEqual([`DNS does not answer: ${seen} (rule dns-failure)`]);
  });

  it.each([
    ['part of a word', named('AdnsX')],
    ['the words of a phrase apart', named('X', { annotations: { summary: 'name of the resolution' } })],
    ['a host that is called so', facts({ alertname: 'X', instance: 'dns-1:9100', job: 'dns' })],
    ['a link', named('X', { annotations: { runbook_url: 'dns', summary: 'see https://example.org/dns' } })],
    ['a template that was not filled', named('X', { annotations: { summary: '{{ $labels.dns }}' } })],
    ['a selector', named('X', { expression: 'up{job="dns"} > 0 and sum by (dns) (x)' })],
  ])('does not match by %s', (_what, given) => {
    expect(compileClassifier([DNS]).classify(given).category).toBe('unclassified');
  });

  it('matchers may ask for the source, the expression and the words of the name', () => {
    const given = named('KubePodNotReady', { source: 'edge', expression: 'up{job="api"}\n  == 0' });
    for (const matcher of [
      '__source__="edge"',
      '__expression__=~"up.* == 0"',
      '__words__=~".* pod not ready .*"',
      'team=""',
    ])
      expect(compileClassifier([rule({ any: [{ matchers: [matcher] }], weight: 4 })]).classify(given).category).toBe(
        'network-downtime',
      );
  });

  it('a list of matchers must fit whole', () => {
    const both = rule({ any: [{ matchers: ['alertname="A"', 'team!="b"'] }], weight: 4 });
    expect(compileClassifier([both]).classify(facts({ alertname: 'A', team: 'a' })).category).toBe('network-downtime');
    expect(compileClassifier([both]).classify(facts({ alertname: 'A', team: 'b' })).category).toBe('unclassified');
  });
});

describe('a template of the logs', () => {
  const refused = rule({
    id: 'refused',
    any: [{ template: 'dial tcp <*>: connection refused (<*> tries)' }],
    weight: 3,
  });
  const judge = (freshLines: readonly string[], logLines = freshLines) =>
    compileClassifier([refused]).classify(named('X', { logLines, freshLines }));

  it('fits a line like it that is fresh, whatever stands in its blanks, and says so', () => {
    const { category, reasons } = judge(['ok', 'ERROR Dial TCP 10.0.0.1:5432: connection  refused (3 tries)']);
    expect(category).toBe(refused.category);
    expect(reasons[0]).toContain(
      'the logs newly, or more than before, say “dial tcp …: connection refused (… tries)” (rule refused)',
    );
  });

  it.each([
    ['that the logs have every day', [], ['dial tcp db:1: connection refused (3 tries)']],
    ['with the words in another order', ['connection refused (3 tries): dial tcp db:1'], undefined],
    ['that spreads over two lines', ['dial tcp db:1:\n connection refused (3 tries)'], undefined],
    ['in which a dot or bracket is another character', ['dial tcp db:1: connection refused [3 tries]'], undefined],
  ])('does not fit one %s', (_what, fresh, all) => {
    expect(judge(fresh, all).category).toBe('unclassified');
  });
});

describe('confidence', () => {
  it.each([
    [1, 0.4046],
    [2, 0.6488],
    [3, 0.8339],
    [5, 0.9738],
    [100, 0.99],
  ])('one rule of weight %d gives %d', (weight, confidence) => {
    const verdict = compileClassifier([rule({ any: [{ words: ['x'] }], weight })], { threshold: 0 }).classify(
      named('x'),
    );
    expect(verdict.confidence).toBe(confidence);
  });

  it('two categories close together are not decided, and both are offered', () => {
    const rules = [
      rule({ id: 'a', any: [{ words: ['x'] }], weight: 4 }),
      rule({ id: 'b', category: 'cloud-service-interruption', any: [{ words: ['x'] }], weight: 4.1 }),
    ];
    const verdict = compileClassifier(rules, { threshold: 0.6 }).classify(named('x'));
    expect(verdict.category).toBe('unclassified');
    expect(verdict.confidence).toBeLessThan(0.6);
    expect(verdict.alternatives.map(({ category }) => category)).toEqual([
      'cloud-service-interruption',
      'network-downtime',
    ]);
    expect(verdict.reasons[0]).toContain('below the threshold of 60 %; choose the category');
  });

  it('without any rule it is 0, nothing is decided, and the reason says what to do', () => {
    const verdict = compileClassifier([DNS]).classify(named('SomethingNew'));
    expect(verdict).toMatchObject({ category: 'unclassified', confidence: 0 });
    expect(verdict.alternatives).toHaveLength(2);
    expect(verdict.reasons).toEqual([expect.stringContaining('add a rule to rules/categories.yaml')]);
  });

  it('a threshold of 0 always decides', () => {
    expect(compileClassifier([DNS]).classify(named('SomethingNew'), 0)).toMatchObject({
      category: 'other',
      confidence: 0,
    });
  });
});

describe('signs of a breach', () => {
  const breach = rule({
    id: 'login',
    category: 'data-security-breach',
    any: [{ words: ['login'] }],
    weight: 2,
    reason: 'Logins fail',
  });

  it('are named where another category wins', () => {
    const verdict = compileClassifier([breach, { ...DNS, weight: 5 }]).classify(named('DnsLoginFailed'));
    expect(verdict.category).toBe('network-downtime');
    expect(verdict.reasons[0]).toBe('Check for breach: Logins fail: its name says “login” (rule login)');
  });

  it('win on equal evidence', () => {
    const verdict = compileClassifier([{ ...breach, weight: 3 }, DNS], { threshold: 0 }).classify(
      named('DnsLoginFailed'),
    );
    expect(verdict.category).toBe('data-security-breach');
  });
});

describe('hostile and odd alerts', () => {
  it('texts of the alert are cleaned and cut in the reasons', () => {
    const odd = `Dns\u0000\u202e<script>\n${'A'.repeat(5000)}`;
    const [reason = ''] = compileClassifier([DNS]).classify(named(odd)).reasons;
    expect(reason).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    expect(reason.length).toBeLessThan(300);
  });

  it('names from the prototype are names like any other', () => {
    const labels = JSON.parse('{"__proto__":"x","constructor":"y","alertname":"Dns"}') as Record<string, string>;
    expect(compileClassifier([DNS]).classify({ ...named(''), labels }).category).toBe('network-downtime');
    const none = rule({ any: [{ matchers: ['constructor=~".+"'] }], weight: 5 });
    expect(compileClassifier([none]).classify(named('x')).category).toBe('unclassified');
  });

  it('annotations and logs of any size are read up to a limit', () => {
    const long = named('X', {
      annotations: Object.fromEntries(
        Array.from({ length: 500 }, (_, i) => [`a${i}`, `${'{{'.repeat(25_000)} ${'dnsX '.repeat(10_000)}`]),
      ),
      expression: '{'.repeat(100_000),
      logLines: Array.from({ length: 5000 }, () => 'x'.repeat(10_000)),
    });
    const read = readFacts(long);
    expect(read.places.reduce((sum, { words }) => sum + words.length, 0)).toBeLessThanOrEqual(2500);
    expect(read.log.length).toBeLessThanOrEqual(32_000);
    expect(read.labels['__expression__']?.length).toBeLessThanOrEqual(4000);
    expect(compileClassifier([DNS]).classify(long).reasons).toHaveLength(1);
  });

  it('nothing in an alert makes it throw', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const texts = fc.dictionary(text, text, { maxKeys: 6 });
    const classifier = compileClassifier([DNS]);
    fc.assert(
      fc.property(texts, texts, text, fc.array(text), (labels, annotations, expression, logLines) => {
        const verdict = classifier.classify({ labels, annotations, source: '', expression, logLines });
        expect(verdict.reasons.length).toBeGreaterThan(0);
        expect(verdict.alternatives).toHaveLength(2);
      }),
    );
  });
});

describe('the expression of a generator URL', () => {
  it.each([
    ['http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1', 'up == 0'],
    ['http://grafana/alerting/x/view', ''],
    ['not a url', ''],
    ['', ''],
  ])('%s gives %j', (url, expression) => {
    expect(expressionOf(url)).toBe(expression);
  });
});

it('the usual threshold means more likely than all the others together', () => {
  expect(DEFAULT_THRESHOLD).toBe(0.5);
});
