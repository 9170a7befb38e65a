import { chmodSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createSource, sourceConfig, sourceKinds } from '../../src/sources/registry.ts';
import type { Source } from '../../src/sources/source.ts';

const KINDS = join(import.meta.dirname, '..', '..', 'src', 'sources', 'kinds');
const SECRET = 's3cr3t-token-4711';

/** For each kind: the least settings, the same with a secret, and headers that prove it. A new kind adds a line. */
const SAMPLES: Record<string, { open: object; proven: object; headers: Record<string, string> }> = {
  alertmanager: {
    open: { name: 'am', kind: 'alertmanager' },
    proven: { name: 'am', kind: 'alertmanager', auth: { bearer_token: SECRET } },
    headers: { authorization: `Bearer ${SECRET}` },
  },
};
const NOTHING = Buffer.alloc(0);

it('the folder of kinds and the registry agree', () => {
  const files = readdirSync(KINDS).map((file) => basename(file, '.ts'));
  expect(sourceKinds.map(({ kind }) => kind).sort()).toEqual(files.sort());
  expect(Object.keys(SAMPLES).sort()).toEqual(files.sort());
});

describe.each(Object.entries(SAMPLES))('a source of kind %s', (_kind, { open, proven, headers }) => {
  const make = (settings: object): Source => createSource(sourceConfig.parse(settings));

  it('lets everybody in where nothing is asked, and says so', () => {
    expect(make(open).authenticated).toBe(false);
    expect(make(open).authenticate({}, NOTHING)).toBe(true);
  });

  it('lets in who proves it', () => {
    expect(make(proven).authenticated).toBe(true);
    expect(make(proven).authenticate(headers, NOTHING)).toBe(true);
  });

  it('a wrong proof never passes', () => {
    const source = make(proven);
    expect(source.authenticate({}, NOTHING)).toBe(false);
    for (const [name, value] of Object.entries(headers))
      for (const wrong of [
        '',
        ' ',
        'Bearer',
        'Bearer ',
        'Basic eDp5',
        value.slice(0, -1),
        `${value}x`,
        value.toUpperCase(),
      ])
        expect(source.authenticate({ ...headers, [name]: wrong }, NOTHING)).toBe(false);
  });

  it('never prints its secret', () => {
    const source = make(proven);
    const said = JSON.stringify([source, Object.entries(source).map(String), source.check({}), source.parse({}, 0)]);
    expect(said).not.toContain(SECRET);
  });

  it('refuses settings that it does not know, and authentication without any means', () => {
    expect(sourceConfig.safeParse({ ...open, surprise: 1 }).success).toBe(false);
    expect(sourceConfig.safeParse({ ...open, auth: {} }).success).toBe(false);
  });

  it('takes anything for a payload without throwing', () => {
    for (const json of [null, 1, 'x', [], {}, { alerts: 1 }, { alerts: [null] }]) {
      expect(() => make(open).check(json)).not.toThrow();
      expect(make(open).parse(json, 0).groups).toEqual([]);
    }
  });
});

describe('a token in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-source-'));
  const path = join(folder, 'token');
  const other = join(folder, 'other');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (files: readonly string[]) => {
    const said: string[] = [];
    const clock = { at: 1_000_000 };
    const config = sourceConfig.parse({ name: 'am', kind: 'alertmanager', auth: { bearer_token_files: files } });
    const source = createSource(config, { now: () => clock.at, warn: (message) => said.push(message) });
    return {
      said,
      clock,
      opens: (token: string) => source.authenticate({ authorization: `Bearer ${token}` }, NOTHING),
    };
  };

  it('is taken without its line end; every file counts', () => {
    writeFileSync(path, `${SECRET}\n`);
    writeFileSync(other, 'second');
    const { opens } = start([path, other]);
    expect([opens(SECRET), opens('second'), opens('third')]).toEqual([true, true, false]);
  });

  it('a new token is taken at once, the old one is out within seconds', () => {
    writeFileSync(path, 'old');
    const { clock, opens } = start([path]);
    expect(opens('old')).toBe(true);
    writeFileSync(path, 'new');
    utimesSync(path, new Date(), new Date(Date.now() + 1000));
    clock.at += 200;
    expect(opens('new')).toBe(true);
    expect(opens('old')).toBe(false);
  });

  it('looks again within seconds even if only the old one is tried', () => {
    writeFileSync(path, 'old');
    const { clock, opens } = start([path]);
    writeFileSync(path, 'another');
    clock.at += 2_500;
    expect(opens('old')).toBe(false);
  });

  it('a file that is away or empty lets nobody in and is told once, without any token', () => {
    rmSync(path, { force: true });
    writeFileSync(other, '\n');
    const { clock, opens, said } = start([path, other]);
    for (let n = 0; n < 5; n++) {
      clock.at += 3_000;
      expect([opens(''), opens('undefined'), opens('null')]).toEqual([false, false, false]);
    }
    expect(said).toHaveLength(2);
    expect(said.join()).toMatch(/cannot be read \(ENOENT\)[^]*is empty/);
    writeFileSync(path, SECRET);
    clock.at += 3_000;
    expect(opens(SECRET)).toBe(true);
  });

  it('a file that goes away takes its token with it', () => {
    writeFileSync(path, SECRET);
    chmodSync(path, 0o600);
    const { clock, opens, said } = start([path]);
    expect(opens(SECRET)).toBe(true);
    rmSync(path);
    clock.at += 3_000;
    expect(opens(SECRET)).toBe(false);
    expect(said.join()).not.toContain(SECRET);
  });
});
