import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createSource, sourceConfig, sourceKinds } from '../../src/sources/registry.ts';
import type { Source } from '../../src/sources/source.ts';

const SOURCES = join(import.meta.dirname, '..', '..', 'src', 'sources');
const SECRET = 's3cr3t-token-4711';
const KINDS = sourceKinds.map(({ kind }) => kind);
const BODY = Buffer.from('{"alerts":[{"labels":{"alertname":"A"}}]}');
/** 2026-11-21T16:40:23Z. */
const NOW_S = 1_795_279_223;

function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
function signed(text: string | Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
const stamped = (seconds: number): Record<string, string> => ({
  'x-sig': signed(`${seconds}:${BODY.toString()}`),
  'x-time': String(seconds),
});

interface Method {
  /** The file in `src/sources/auth`. */
  readonly file: string;
  readonly auth: object;
  /** The same with the secret in a file. */
  readonly fromFile: (path: string) => object;
  readonly headers: Readonly<Record<string, string>>;
  /** Header sets that must never open. */
  readonly wrong: readonly Readonly<Record<string, string>>[];
}

/** Every way to prove oneself. A new one adds a line. */
const METHODS: Readonly<Record<string, Method>> = {
  'a bearer token': {
    file: 'bearer-token',
    auth: { bearer_token: SECRET },
    fromFile: (path) => ({ bearer_token_files: [path] }),
    headers: { authorization: `Bearer ${SECRET}` },
    wrong: [
      '',
      ' ',
      'Bearer',
      'Bearer ',
      SECRET,
      `Basic ${SECRET}`,
      `Bearer ${SECRET.slice(0, -1)}`,
      `Bearer ${SECRET}x`,
    ]
      .concat([`Bearer ${SECRET.toUpperCase()}`, `Bearer ${SECRET}, Bearer ${SECRET}`])
      .map((authorization) => ({ authorization })),
  },
  'a name and a password': {
    file: 'basic',
    auth: { basic: { username: 'graf', password: SECRET } },
    fromFile: (path) => ({ basic: { username: 'graf', password_file: path } }),
    headers: { authorization: basicOf('graf', SECRET) },
    wrong: [
      ...[basicOf('graf', ''), basicOf('', SECRET), basicOf('Graf', SECRET), basicOf('graf', `${SECRET} `)],
      ...[basicOf('graf:', SECRET), `Bearer ${SECRET}`, `Basic graf:${SECRET}`, 'Basic ', 'Basic %%%', 'Basic Og=='],
    ].map((authorization) => ({ authorization })),
  },
  'a header': {
    file: 'header',
    auth: { header: { name: 'X-Bridge-Key', value: SECRET } },
    fromFile: (path) => ({ header: { name: 'X-Bridge-Key', value_file: path } }),
    headers: { 'x-bridge-key': SECRET },
    wrong: [
      ...['', SECRET.slice(1), `${SECRET}x`, `Bearer ${SECRET}`].map((value) => ({ 'x-bridge-key': value })),
      { 'x-bridge-keys': SECRET },
      { authorization: `Bearer ${SECRET}` },
    ],
  },
  'a scheme of its own': {
    file: 'header',
    auth: { header: { name: 'Authorization', value: `Token ${SECRET}` } },
    fromFile: (path) => ({ header: { name: 'Authorization', value_file: path } }),
    headers: { authorization: `Token ${SECRET}` },
    wrong: [{ authorization: SECRET }, { authorization: `token ${SECRET}` }],
  },
  'a signature': {
    file: 'hmac',
    auth: { hmac: { secret: SECRET } },
    fromFile: (path) => ({ hmac: { secret_file: path } }),
    headers: { 'x-grafana-alerting-signature': signed(BODY) },
    wrong: [
      ...['', 'x', signed(BODY).toUpperCase(), `sha256=${signed(BODY)}`, signed('other'), signed(BODY, 'other')],
      ...[`${signed(BODY)}0`, signed(BODY).slice(1), '0'.repeat(64), SECRET],
    ].map((value) => ({ 'x-grafana-alerting-signature': value })),
  },
  'a signature with its time': {
    file: 'hmac',
    auth: { hmac: { secret: SECRET, header: 'X-Sig', timestamp_header: 'X-Time' } },
    fromFile: (path) => ({ hmac: { secret_file: path, header: 'X-Sig', timestamp_header: 'X-Time' } }),
    headers: stamped(NOW_S),
    wrong: [
      { 'x-sig': signed(BODY) },
      { 'x-sig': signed(BODY), 'x-time': String(NOW_S) },
      { ...stamped(NOW_S), 'x-time': String(NOW_S + 1) },
      { ...stamped(NOW_S), 'x-time': '' },
      { 'x-sig': signed(`soon:${BODY.toString()}`), 'x-time': 'soon' },
      { 'x-sig': signed(`-1:${BODY.toString()}`), 'x-time': '-1' },
    ],
  },
};

function make(kind: string, settings: object = {}, said: string[] = []): Source {
  const context = { now: () => NOW_S * 1000, warn: (message: string) => said.push(message) };
  return createSource(sourceConfig.parse({ name: 's', kind, ...settings }), context);
}

/** As the webhook asks: by the headers, then with the body where only that can tell. */
function opens(source: Source, headers: Readonly<Record<string, string>>, body = BODY): boolean {
  const first = source.authenticate(headers, null);
  return (first.state === 'needs_body' ? source.authenticate(headers, body) : first).state === 'proven';
}

it('the folders and the registries agree', () => {
  const files = (folder: string): string[] => readdirSync(join(SOURCES, folder)).map((file) => basename(file, '.ts'));
  expect([...KINDS].sort()).toEqual(files('kinds').sort());
  const shared = ['auth', 'method', 'secret-file'];
  const methods = files('auth').filter((file) => !shared.includes(file));
  expect([...new Set(Object.values(METHODS).map(({ file }) => file))].sort()).toEqual(methods.sort());
});

describe.each(KINDS)('a source of kind %s', (kind) => {
  it('lets everybody in where nothing is asked, and says so', () => {
    expect(make(kind).authenticated).toBe(false);
    expect(opens(make(kind), {})).toBe(true);
  });

  describe.each(Object.entries(METHODS))('that asks for %s', (_what, { auth, fromFile, headers, wrong }) => {
    it('lets in who proves it, and says what it asks for', () => {
      const source = make(kind, { auth });
      expect([source.authenticated, opens(source, headers)]).toEqual([true, true]);
      expect(source.challenge).toMatch(/^\w+ realm="tierbell"/);
    });

    it('a wrong proof never passes, however alike', () => {
      const source = make(kind, { auth });
      expect(opens(source, {})).toBe(false);
      for (const headers of wrong)
        expect({ headers, opens: opens(source, headers) }).toEqual({ headers, opens: false });
    });

    it('takes its secret from a file as well, without the line end', () => {
      const folder = mkdtempSync(join(tmpdir(), 'tierbell-auth-'));
      const path = join(folder, 'secret');
      const scheme = headers['authorization']?.startsWith('Token ') === true ? 'Token ' : '';
      writeFileSync(path, `${scheme}${SECRET}\n`);
      const source = make(kind, { auth: fromFile(path) });
      rmSync(folder, { recursive: true });
      expect([opens(source, headers), opens(source, {})]).toEqual([true, false]);
    });

    it('never prints its secret', () => {
      const said: string[] = [];
      const source = make(kind, { auth }, said);
      for (const headers of wrong) said.push(JSON.stringify(source.authenticate(headers, BODY)));
      said.push(JSON.stringify([source, Object.entries(source).map(String), source.check({}), source.parse({}, 0)]));
      expect(said.join()).not.toContain(SECRET);
    });
  });

  it('several ways at once: any of them opens', () => {
    const both = make(kind, { auth: { ...METHODS['a bearer token']?.auth, ...METHODS['a signature']?.auth } });
    expect(opens(both, METHODS['a bearer token']?.headers ?? {})).toBe(true);
    expect(opens(both, METHODS['a signature']?.headers ?? {})).toBe(true);
    expect(opens(both, { authorization: 'Bearer x', 'x-grafana-alerting-signature': 'x' })).toBe(false);
  });

  it.each([
    {},
    { basic: { username: 'a' } },
    { basic: { username: 'a', password: 'x', password_file: 'y' } },
    { basic: { username: 'a:b', password: 'x' } },
    { header: { name: 'X-A' } },
    { header: { name: 'X A', value: 'x' } },
    { hmac: {} },
    { hmac: { secret: '' } },
    { hmac: { secret: 'x', surprise: 1 } },
    { bearer_token: '' },
    { bearer_token_files: [] },
    { surprise: 1 },
  ])('refuses the authentication %j', (auth) => {
    expect(sourceConfig.safeParse({ name: 's', kind, auth }).success).toBe(false);
  });

  it('refuses settings that it does not know', () => {
    expect(sourceConfig.safeParse({ name: 's', kind, surprise: 1 }).success).toBe(false);
  });

  it('takes anything for a payload without throwing', () => {
    for (const json of [null, 1, 'x', [], [null], [[]], {}, { alerts: 1 }, { alerts: [null] }, { alerts: [{}] }]) {
      expect(() => make(kind).check(json)).not.toThrow();
      expect(make(kind).parse(json, 0).groups).toEqual([]);
    }
  });

  it('Watchdog is a heartbeat, whatever is configured, and never an incident', () => {
    const alert = { labels: { alertname: 'Watchdog' } } as never;
    const other = { labels: { alertname: 'Watch' } } as never;
    const heartbeat = { matchers: ['alertname="Alive"'] };
    expect([make(kind).isHeartbeat(alert), make(kind, { heartbeat }).isHeartbeat(alert)]).toEqual([true, true]);
    expect(make(kind, { heartbeat }).isHeartbeat({ labels: { alertname: 'Alive' } } as never)).toBe(true);
    expect(make(kind, { heartbeat }).isHeartbeat(other)).toBe(false);
  });
});

describe('the time of a signature', () => {
  const source = make('grafana', { auth: METHODS['a signature with its time']?.auth });
  it.each([
    [0, 'proven'],
    [-300, 'proven'],
    [300, 'proven'],
    [-301, 'stale'],
    [301, 'stale'],
    [-86_400, 'stale'],
  ])('%i s from now it is %s', (offS, state) => {
    expect(source.authenticate(stamped(NOW_S + offS), BODY).state).toBe(state);
  });

  it('a wrong signature is unproven at any time, and a right one counts once', () => {
    expect(source.authenticate({ ...stamped(1), 'x-sig': '0'.repeat(64) }, BODY).state).toBe('unproven');
    expect(source.authenticate(stamped(NOW_S), BODY)).toMatchObject({ once: stamped(NOW_S)['x-sig'] });
    const timeless = make('grafana', { auth: METHODS['a signature']?.auth });
    expect(timeless.authenticate(METHODS['a signature']?.headers ?? {}, BODY)).toMatchObject({ once: null });
  });
});

describe('a secret in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-source-'));
  const path = join(folder, 'token');
  const other = join(folder, 'other');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (files: readonly string[]) => {
    const said: string[] = [];
    const clock = { at: 1_000_000 };
    const config = sourceConfig.parse({ name: 'am', kind: 'alertmanager', auth: { bearer_token_files: files } });
    const source = createSource(config, { now: () => clock.at, warn: (message) => said.push(message) });
    return { said, clock, opens: (token: string) => opens(source, { authorization: `Bearer ${token}` }) };
  };

  it('is taken without its line end; every file counts', () => {
    writeFileSync(path, `${SECRET}\n`);
    writeFileSync(other, 'second');
    const { opens } = start([path, other]);
    expect([opens(SECRET), opens('second'), opens('third')]).toEqual([true, true, false]);
  });

  it('a new one is taken at once, the old one is out within seconds', () => {
    writeFileSync(path, 'old');
    const { clock, opens } = start([path]);
    expect(opens('old')).toBe(true);
    writeFileSync(path, 'new');
    utimesSync(path, new Date(), new Date(Date.now() + 1000));
    clock.at += 200;
    expect(opens('new')).toBe(true);
    expect(opens('old')).toBe(false);
  });

  it('a new key of signatures is taken at once as well', () => {
    writeFileSync(path, 'old');
    const clock = { at: 1_000_000 };
    const config = sourceConfig.parse({ name: 'g', kind: 'grafana', auth: { hmac: { secret_file: path } } });
    const source = createSource(config, { now: () => clock.at, warn: () => undefined });
    writeFileSync(path, 'newer');
    clock.at += 200;
    const by = (key: string) => opens(source, { 'x-grafana-alerting-signature': signed(BODY, key) });
    expect([by('newer'), by('old')]).toEqual([true, false]);
  });

  it('looks again within seconds even if only the old one is tried', () => {
    writeFileSync(path, 'old');
    const { clock, opens } = start([path]);
    writeFileSync(path, 'another');
    clock.at += 2_500;
    expect(opens('old')).toBe(false);
  });

  it('a file that is away or empty lets nobody in and is told once, without any secret', () => {
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

  it('an empty key signs nothing', () => {
    writeFileSync(path, '\n');
    const source = make('grafana', { auth: { hmac: { secret_file: path } } });
    expect(opens(source, { 'x-grafana-alerting-signature': signed(BODY, '\0') })).toBe(false);
    expect(opens(source, { 'x-grafana-alerting-signature': createHmac('sha256', '').update(BODY).digest('hex') })).toBe(
      false,
    );
  });

  it('a file that goes away takes its secret with it', () => {
    writeFileSync(path, SECRET);
    const { clock, opens, said } = start([path]);
    expect(opens(SECRET)).toBe(true);
    rmSync(path);
    clock.at += 3_000;
    expect(opens(SECRET)).toBe(false);
    expect(said.join()).not.toContain(SECRET);
  });
});
