import { globSync, readFileSync } from 'node:fs';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import type { z } from 'zod';
import { ruleFile } from '../../../src/config/rules-schema.ts';
import { mainFile } from '../../../src/config/schema.ts';
import { testFile } from '../../../src/rehearsal/test-file.ts';
import { typed } from '../../helpers/capture-terminal.ts';
import { FIX, MAIN, POLICY, problemsOf, replaced } from './files.ts';

/** Runs `tierbell schema …` as it is typed. */
function schema(...args: string[]): ReturnType<typeof typed> {
  return typed('schema', ...args);
}

type Kind = 'main' | 'rules' | 'tests' | 'web';
const LOADERS: Readonly<Record<'main' | 'rules' | 'tests', z.ZodType>> = {
  main: mainFile,
  rules: ruleFile.refine((file) => Object.keys(file).length > 0),
  tests: testFile,
};
/** An independent reading of the same schema. */
const validators = new Map<Kind, ValidateFunction>();
beforeAll(async () => {
  for (const kind of ['main', 'rules', 'tests', 'web'] as const) {
    // Formats are an annotation in JSON Schema; those that count stand beside as patterns.
    const ajv = new Ajv({
      allowUnionTypes: true,
      allowMatchingProperties: true,
      strictRequired: false,
      validateFormats: false,
    });
    validators.set(kind, ajv.compile(JSON.parse((await schema(kind)).out) as object));
  }
});

function refusals(kind: Kind, data: unknown): string[] {
  const validate = validators.get(kind);
  if (validate === undefined) throw new Error(`no schema of ${kind}`);
  return validate(data) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message ?? ''}`);
}

const kindOf = (file: string): 'main' | 'rules' | 'tests' => {
  if (basename(file) === 'tierbell.yaml') return 'main';
  return file.includes('/tests/') ? 'tests' : 'rules';
};
const read = (file: string): unknown => parse(readFileSync(file, 'utf8'));
/** With its variables filled, as the loader does it first. */
const readFilled = (file: string): unknown =>
  parse(
    readFileSync(file, 'utf8').replace(/\$\{\w+(?::-([^}]*))?\}/g, (_all, standard?: string) => standard ?? FILLING),
  );
const FILLING = 'http://127.0.0.1:9090';
const SHIPPED = globSync(['rules/**/*.yaml', 'deploy/tierbell/*.yaml']).toSorted();
const FILES = [...SHIPPED, ...globSync('test/fixtures/config/built/*.yaml').toSorted()];

it.each(FILES)('%s is right by its JSON Schema', (file) => {
  expect(refusals(kindOf(file), read(file))).toEqual([]);
});

it.each(SHIPPED.filter((file) => file.startsWith('rules/')))(
  '%s names the schema that its editor completes from',
  (file) => {
    const folders = file.split('/').length - 1;
    const named = `# yaml-language-server: $schema=${'../'.repeat(folders)}dist/schemas/${kindOf(file)}.schema.json`;
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(named);
  },
);

it.each(FILES)('whatever key of %s is taken out, misspelt or given a map, schema and loader say the same', (file) => {
  const kind = kindOf(file);
  const disagreements = variants(shortened(readFilled(file))).filter(
    ({ data }) => LOADERS[kind].safeParse(data).success !== (refusals(kind, data).length === 0),
  );
  expect(disagreements.map(({ what }) => what)).toEqual([]);
});

interface Variant {
  readonly what: string;
  readonly data: unknown;
}

/** Of each list only the first few entries: the others are like them. */
function shortened(data: unknown): unknown {
  if (Array.isArray(data)) return data.slice(0, 3).map(shortened);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]: [string, unknown]) => [key, shortened(value)]));
}

/** A file with each of its keys, one at a time, gone, misspelt, or holding a map. */
function variants(data: unknown): Variant[] {
  if (Array.isArray(data)) {
    const list: readonly unknown[] = data;
    return list.flatMap((item, index) =>
      variants(item).map((one) => ({ what: `[${index}]${one.what}`, data: data.with(index, one.data) })),
    );
  }
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]: [string, unknown]) => {
    const { [key]: _gone, ...rest } = data as Record<string, unknown>;
    return [
      { what: `.${key} gone`, data: rest },
      { what: `.${key} misspelt`, data: { ...rest, [`${key}_x`]: value } },
      { what: `.${key} a map`, data: { ...rest, [key]: {} } },
      ...variants(value).map((one) => ({ what: `.${key}${one.what}`, data: { ...rest, [key]: one.data } })),
    ];
  });
}

const MISTAKES: readonly (readonly [string, 'main' | 'rules', string, string])[] = [
  ['an unknown section', 'main', 'fallback:', 'groupping: {}\nfallback:'],
  ['a missing section', 'main', 'fallback: { notify: [mail] }\n', ''],
  ['a missing name', 'main', 'name: ada, channels', 'channels'],
  ['text for a list', 'main', 'notify: [mail]', 'notify: mail'],
  ['an unknown mode', 'main', 'fallback:', 'mode: loud\nfallback:'],
  ['an unknown kind', 'main', 'kind: alertmanager', 'kind: alertmanger'],
  ['no kind', 'main', ', kind: alertmanager', ''],
  ['a key of another kind', 'main', 'from: a@example.org', 'url: x, from: a@example.org'],
  ['an address that is none', 'main', 'http://127.0.0.1:9090', '127.0.0.1:9090'],
  ['an SMTP address that is none', 'main', 'smtp://127.0.0.1', 'http://127.0.0.1'],
  ['a matcher without operator', 'main', 'kind: alertmanager }', 'kind: alertmanager, heartbeat: { matchers: [up] } }'],
  ['a heartbeat of everything', 'main', 'kind: alertmanager }', 'kind: alertmanager, heartbeat: { matchers: [] } }'],
  ['an auth that asks for nothing', 'main', 'kind: alertmanager }', 'kind: alertmanager, auth: {} }'],
  [
    'a password given twice',
    'main',
    'kind: alertmanager }',
    'kind: alertmanager, auth: { basic: { username: a, password: b, password_file: c } } }',
  ],
  ['a signature without a secret', 'main', 'kind: alertmanager }', 'kind: alertmanager, auth: { hmac: {} } }'],
  ['Slack without a token', 'main', 'channels:\n', 'channels:\n  - { name: chat, kind: slack, channel: C0123 }\n'],
  ['a member of Slack by name', 'main', 'name: ada,', 'name: ada, slack: ada,'],
  ['a duration in words', 'main', 'fallback:', 'flap: { settle: 15 minutes }\nfallback:'],
  ['a duration without a unit', 'main', 'fallback:', 'flap: { settle: 15 }\nfallback:'],
  ['a duration of nothing', 'main', 'fallback:', "flap: { settle: '' }\nfallback:"],
  ['a size in words', 'main', 'kind: alertmanager }', 'kind: alertmanager, max_body: 5 megs }'],
  ['a threshold above 1', 'main', 'fallback:', 'classification: { threshold: 80 }\nfallback:'],
  ['an owner of no shape', 'main', 'fallback:', 'owners: [{ form: service }]\nfallback:'],
  ['a relative program', 'main', '/usr/bin/ssh', 'ssh'],
  ['no rule files', 'main', '[rules.yaml]', '[]'],
  ['an unknown key of a step', 'rules', 'ack_timeout', 'ack_timout'],
  ['a duration of one priority', 'rules', 'ack_timeout: 15m', 'ack_timeout: { P1: soon }'],
  ['a priority that does not exist', 'rules', 'ack_timeout: 15m', 'ack_timeout: { P7: 5m }'],
  ['a level that does not exist', 'rules', 'level: 3', 'level: 4'],
  ['a category that does not exist', 'rules', '[network-downtime]', '[network-dwontime]'],
  ['nobody to notify', 'rules', '[ada]', '[]'],
  ['an action of no kind', 'rules', 'kind: command', 'kind: magic'],
  ['a parameter from nowhere', 'rules', 'from: labels.instance', 'from: instance'],
  ['a verification without a query', 'rules', 'query:', 'querry:'],
  ['a section of the main file', 'rules', 'escalation_policies:', 'teams: []\nescalation_policies:'],
];

describe('a mistake that the loader refuses, the schema refuses:', () => {
  it.each(MISTAKES)('%s', async (_what, kind, from, to) => {
    const right = kind === 'main' ? MAIN : FIX + POLICY;
    const wrong = replaced(right, from, to);
    const files = kind === 'main' ? { main: wrong } : { rules: wrong };
    expect(refusals(kind, parse(right))).toEqual([]);
    expect(await problemsOf(files)).not.toEqual([]);
    expect(refusals(kind, parse(wrong))).not.toEqual([]);
  });
});

it('a rule file that holds nothing is refused', () => {
  expect(refusals('rules', {})).not.toEqual([]);
});

it('a variable may stand where text may, as the loader fills it first', () => {
  const text = MAIN.replace("'smtp://127.0.0.1'", "'${SMTP}'").replace('sources:', 'mode: ${MODE:-full}\nsources:');
  expect(refusals('main', parse(text))).toEqual([]);
});

it('says what the keys of the shipped files mean, and defaults as people write them', async () => {
  const main = (await schema()).out;
  const rules = (await schema('rules')).out;
  for (const key of ['mode', 'sources', 'fallback', 'rule_files', 'owners'])
    expect(propertyOf(main, key)).toMatchObject({ description: expect.stringMatching(/\w+ \w+/) });
  for (const key of ['weight', 'any', 'ack_timeout', 'applies_to', 'depends_on', 'guards', 'immediately'])
    expect(propertyOf(rules, key)).toMatchObject({ description: expect.stringMatching(/\w+ \w+/) });
  expect(propertyOf(main, 'resolve_hold')).toMatchObject({ default: '2m' });
  expect(propertyOf(main, 'close_after')).toMatchObject({ default: '3d' });
  expect(propertyOf(rules, 'cooldown')).toMatchObject({ default: '30m' });
});

it.each(['web', 'tests'])('every key of the schema %s says what it means', async (kind) => {
  const silent: string[] = [];
  JSON.parse((await schema(kind)).out, (name, value: unknown) => {
    if (name === 'properties' && typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value))
        if (((one as { description?: string }).description ?? '') === '') silent.push(key);
    return value;
  });
  expect([...new Set(silent)]).toEqual([]);
});

/** The first property of this name, wherever it is. */
function propertyOf(text: string, key: string): unknown {
  let found: unknown;
  JSON.parse(text, (name, value: unknown) => {
    if (name === 'properties' && typeof value === 'object' && value !== null && Object.hasOwn(value, key))
      found ??= (value as Record<string, unknown>)[key];
    return value;
  });
  return found;
}

it('writes them all into a folder, and refuses a kind that it does not know', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-schema-'));
  try {
    expect(await schema('--into', join(folder, 'here'))).toEqual({ status: 0, out: '', err: '' });
    const names = readdirSync(join(folder, 'here')).toSorted();
    expect(names).toEqual(['main.schema.json', 'rules.schema.json', 'tests.schema.json', 'web.schema.json']);
    expect(readFileSync(join(folder, 'here', 'rules.schema.json'), 'utf8')).toBe((await schema('rules')).out);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { status, err } = await schema('services');
  expect({ status, err }).toEqual({
    status: 2,
    err: 'tierbell: schema: found services, allowed is main, rules, tests, web\n',
  });
});
