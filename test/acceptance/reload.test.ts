import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deliver, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

let bridge: Tierbell;
let main: string;
let rules: string;
let good: { main: string; rules: string };

beforeAll(async () => {
  const smtp = await startSmtp();
  main = writeConfiguration(smtp.url);
  rules = join(dirname(main), 'categories.yaml');
  good = { main: readFileSync(main, 'utf8'), rules: readFileSync(rules, 'utf8') };
  bridge = await startTierbell({ configFile: main });
});
afterEach(() => {
  writeFileSync(main, good.main);
  writeFileSync(rules, good.rules);
});
afterAll(stopEverything, 300_000);

const reload = () => bridge.api<undefined>('/-/reload', { method: 'POST' });

async function metric(name: string): Promise<number> {
  const { text } = await bridge.api('/metrics');
  return Number(new RegExp(`^tierbell_${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** The category that a new alert gets: by it the running rules are known. */
async function categoryOf(alertname: string): Promise<string> {
  expect((await deliver(bridge, firing(alertname))).status).toBe(200);
  return (await waitForIncident(bridge, { alertname })).category.id;
}

function rule(word: string, category: string): string {
  const any = [{ words: [word] }];
  return JSON.stringify({ categories: [{ id: `${word}-rule`, category, any, weight: 5, reason: 'a test' }] });
}

describe('a reload', () => {
  it.each([
    ['POST /-/reload', async () => void (await reload())],
    ['SIGHUP', async () => void process.kill(bridge.pid, 'SIGHUP')],
  ])('by %s takes what is right at once, and says so', async (how, ask) => {
    const word = how === 'SIGHUP' ? 'zebra' : 'giraffe';
    expect(await categoryOf(`Before${word}`)).not.toBe('network-downtime');
    writeFileSync(rules, rule(word, 'network-downtime'));
    const before = await metric('config_last_reload_success_timestamp_seconds');
    await ask();
    await waitFor('it to be read', async () => (await metric('config_last_reload_success_timestamp_seconds')) > before);
    expect(await categoryOf(`The ${word} is gone`)).toBe('network-downtime');
  });

  describe('with a mistake changes nothing, and names its place', () => {
    let serial = 0;
    beforeAll(async () => {
      writeFileSync(rules, rule('lion', 'network-downtime'));
      expect((await reload()).status).toBe(200);
    });
    beforeEach(() => writeFileSync(rules, rule('lion', 'network-downtime')));

    it.each<[string, () => void, string]>([
      ['a wrong key', () => replace(main, '"sources"', '"sauces"'), 'tierbell.yaml:2:3: sauces: unknown key'],
      ['a wrong value', () => replace(main, '"alertmanager"', '"alertmanger"'), 'alertmanager'],
      [
        'a matcher that is none',
        () => replace(rules, '"words":["lion"]', '"matchers":["lion ~ 1"]'),
        'categories.yaml:1:',
      ],
      ['a category that is none', () => replace(rules, 'network-downtime', 'network-downtimes'), 'network-downtime'],
      [
        'a reference to nobody',
        () => replace(main, '"desk-mail"\n    ]\n  },', '"desk-male"\n    ]\n  },'),
        'desk-mail',
      ],
      ['no YAML', () => writeFileSync(rules, 'categories: ['), 'categories.yaml:'],
      ['aliases of aliases', () => writeFileSync(rules, bomb()), 'unfold into more than 100'],
      [
        'an expression that backtracks',
        () => replace(rules, '"words":["lion"]', '"log":"(a+)\\\\1"'),
        'not a linear-time regular expression',
      ],
      [
        'a circle of services',
        () => writeFileSync(rules, `{ services: [{ name: a, depends_on: [b] }, { name: b, depends_on: [a] }] }`),
        'a cyclic dependency: a → b → a',
      ],
      [
        'a service of an unknown team',
        () => writeFileSync(rules, '{ services: [{ name: a, team: nobody }] }'),
        'no such team',
      ],
      [
        'a step that names what nothing fills',
        () =>
          writeFileSync(
            rules,
            `{ procedures: [{ category: other, level: 2, steps: [{ id: a, text: 'Look at {{ incident.x }}' }] }] }`,
          ),
        'nothing fills `{{ incident.x }}`',
      ],
      ['maps without end', () => writeFileSync(rules, deepMaps()), 'nested too deeply'],
      ['a file that is missing', () => rmSync(rules), 'categories.yaml'],
    ])('%s', async (_what, spoil, told) => {
      spoil();
      const { status, text } = await reload();
      expect({ status, text }).toEqual({ status: 500, text: expect.stringContaining(told) });
      expect(text).toMatch(/\.yaml:\d+:\d+: /);
      expect(await metric('config_last_reload_successful')).toBe(0);
      expect(await categoryOf(`A lion ${++serial}`)).toBe('network-downtime');
    });

    it('and the next right one is taken', async () => {
      expect((await reload()).status).toBe(200);
      expect(await metric('config_last_reload_successful')).toBe(1);
    });
  });
});

/** Ten times as wide at each of nine levels. */
function bomb(): string {
  const lines = Array.from({ length: 9 }, (_, i) => `b${i + 1}: &b${i + 1} [${`*b${i},`.repeat(10)}]`);
  return `b0: &b0 x\n${lines.join('\n')}\ncategories: *b9\n`;
}

function deepMaps(): string {
  return `categories:\n${Array.from({ length: 5_000 }, (_, i) => `${' '.repeat(i + 1)}a:\n`).join('')}b: c\n`;
}

function replace(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}
