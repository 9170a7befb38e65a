import { compileServices } from '../../../src/incidents/services.ts';
import { load, MAIN, POLICY, problemsOf, replaced } from './files.ts';

/** The policy of the other tests with a catalogue behind it; services begin at line 7. */
const withServices = (...services: string[]): string =>
  `${POLICY}services:\n${services.map((one) => `  - ${one}\n`).join('')}`;

const SHOP = [
  "{ name: checkout, team: level2, tier: 1, matchers: ['app=\"checkout\"'], depends_on: [psp], skills: [postgres], runbook: 'https://wiki.example.org/checkout', contacts: ['#checkout'], impact_query: { promql: 'sum(rate(orders_failed[5m]))*60', unit: orders/min failing } }",
  '{ name: psp }',
];

describe('the catalogue of services', () => {
  it('is read with all that it may say, and each part may be left out', async () => {
    const result = await load({ 'etc/main.yaml': MAIN, 'etc/rules.yaml': withServices(...SHOP) });
    expect(result.ok && result.config.services).toEqual([
      expect.objectContaining({
        name: 'checkout',
        team: 'level2',
        tier: 1,
        depends_on: ['psp'],
        contacts: ['#checkout'],
      }),
      { name: 'psp', matchers: [], depends_on: [], skills: [], contacts: [] },
    ]);
  });

  it('of several metrics sources one is named for the impact_query, or their matchers choose', async () => {
    const second = (matchers: string): string =>
      replaced(
        MAIN,
        "9090' }",
        `9090', matchers: ['a="1"'] }\n  - { name: other, kind: prometheus, url: 'http://127.0.0.1:9091'${matchers} }`,
      );
    const rules = withServices(...SHOP);
    expect(await problemsOf({ main: second(', matchers: [\'a="2"\']'), rules })).toEqual([]);
    expect(await problemsOf({ main: second(''), rules })).toEqual([
      expect.stringMatching(
        /services\[0\]\.impact_query: more than one metrics source could be asked.*name one: `metrics: prom`/,
      ),
    ]);
  });

  it('serves owners: from: service is a way to a team', async () => {
    const main = replaced(MAIN, 'fallback:', 'owners: [{ from: service }, { team: level2 }]\nfallback:');
    expect(await problemsOf({ main, rules: withServices(...SHOP) })).toEqual([]);
  });
});

/** What is wrong, and the whole line that the operator reads. */
const MISTAKES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'a dependency that is not there',
    ['{ name: checkout, depends_on: [pps] }', '{ name: psp }'],
    [
      'etc/rules.yaml:7:36: services[0].depends_on[0]: no such service, found `pps`, allowed checkout, psp; did you mean `psp`?',
    ],
  ],
  [
    'a circle, told once and at the place that closes it',
    ['{ name: a, depends_on: [b] }', '{ name: b, depends_on: [c] }', '{ name: c, depends_on: [d, a] }', '{ name: d }'],
    [
      'etc/rules.yaml:9:32: services[2].depends_on[1]: a cyclic dependency: a → b → c → a; take out the one that is not true',
    ],
  ],
  [
    'a service that needs itself',
    ['{ name: a, depends_on: [a] }'],
    [
      'etc/rules.yaml:7:29: services[0].depends_on[0]: a service that depends on itself: a → a; take out the one that is not true',
    ],
  ],
  [
    'a team that is not there',
    ['{ name: checkout, team: levle2 }'],
    ['etc/rules.yaml:7:29: services[0].team: no such team, found `levle2`, allowed level2; did you mean `level2`?'],
  ],
  [
    'the same name twice',
    ['{ name: a }', '{ name: a }'],
    [
      'etc/rules.yaml:8:13: services[1].name: this name is taken, found `a`; the other one stands at etc/rules.yaml:7:13',
    ],
  ],
  [
    'a matcher that is none',
    ["{ name: a, matchers: ['app'] }"],
    [
      'etc/rules.yaml:7:27: services[0].matchers[0]: not a matcher, found `app`, allowed a matcher such as severity="critical" or job=~"node.*"',
    ],
  ],
  [
    'a runbook that is no address',
    ["{ name: a, runbook: 'javascript:alert(1)' }"],
    [
      'etc/rules.yaml:7:25: services[0].runbook: wrong form, found `javascript:alert(1)`, allowed an address that begins with http:// or https://',
    ],
  ],
  [
    'a metrics source that is not there',
    ['{ name: a, impact_query: { promql: up, unit: users, metrics: pron } }'],
    [
      'etc/rules.yaml:7:66: services[0].impact_query.metrics: no such metrics source, found `pron`, allowed prom; did you mean `prom`?',
    ],
  ],
  [
    'a question with blanks',
    ['{ name: a, impact_query: { promql: \'up{i="{{ labels.instance }}"}\', unit: users } }'],
    [expect.stringContaining('blanks are not filled here')],
  ],
];

describe('a mistake in the catalogue is named with its place:', () => {
  it.each(MISTAKES)('%s', async (_what, services, lines) => {
    expect(await problemsOf({ rules: withServices(...services) })).toEqual(lines);
  });

  it('business_services are refused as not built, rather than as a misspelling', async () => {
    const rules = `${withServices(...SHOP)}business_services: [{ name: shop, services: [checkout] }]\n`;
    expect((await problemsOf({ rules }))[0]).toContain('is not built yet in this version');
  });

  it('ten thousand services in one long chain that ends where it began are checked without a stack of that height', async () => {
    const chain = Array.from({ length: 10_000 }, (_, n) => `{ name: s${n}, depends_on: [s${(n + 1) % 10_000}] }`);
    const problems = await problemsOf({ rules: withServices(...chain) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('a cyclic dependency: s0 → s1 → s2 → s3 → … → s9998 → s9999 → s0');
  }, 300_000);
});

describe('the service of an alert', () => {
  const entry = (name: string, change: object = {}) => ({
    ...{ name, matchers: [], depends_on: [], skills: [], contacts: [] },
    ...change,
  });
  const services = compileServices([
    entry('checkout', { matchers: ['app="shop-checkout"', 'environment="prod"'], depends_on: ['psp', 'cart'] }),
    entry('cart', { matchers: ['app=~"shop-.*"'], depends_on: ['db'] }),
    entry('psp', { depends_on: ['db'] }),
    entry('db'),
  ]);

  it.each([
    ['the first whose matchers fit', { app: 'shop-checkout', environment: 'prod' }, 'checkout'],
    ['a later one, where the first fits only in part', { app: 'shop-checkout', environment: 'test' }, 'cart'],
    ['the one that its label names', { service: 'psp' }, 'psp'],
    ['matchers before labels', { app: 'shop-x', service: 'psp' }, 'cart'],
    ['the job, where nothing else names one', { job: 'db' }, 'db'],
    ['none', { service: 'stranger' }, undefined],
    ['none, for a name of every object', { service: 'constructor' }, undefined],
  ])('is %s', (_what, labels, name) => {
    expect(services.of(labels)?.name).toBe(name);
  });

  it('knows who needs whom, also through others', () => {
    expect(services.named('db')?.dependents).toBe(3);
    expect(services.named('checkout')?.dependents).toBe(0);
    expect([services.needs('checkout', 'db'), services.needs('db', 'checkout'), services.needs('db', 'db')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
