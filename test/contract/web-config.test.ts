import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { renderProblem } from '../../src/config/problem.ts';
import { loadWebConfig } from '../../src/http/web-config.ts';
import { createWebServer } from '../../src/http/web-server.ts';
import { createAuthority, type Authority, type Pem } from '../helpers/certificates.ts';
import { describeWith } from '../helpers/requires.ts';

describeWith('openssl', 'TLS by --web.config.file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-web-'));
  const file = join(folder, 'web.yml');
  let ca: Authority;
  let clients: Authority;
  let strangers: Authority;
  let server: Pem;
  let client: Pem;
  let stranger: Pem;
  const running: Server[] = [];
  const said: string[] = [];
  const clock = { at: 0 };

  beforeAll(() => {
    ca = createAuthority(folder, 'ca');
    clients = createAuthority(folder, 'clients');
    strangers = createAuthority(folder, 'strangers');
    server = ca.issue('server');
    client = clients.issue('alertmanager', 'DNS:am.example.org,IP:10.0.0.1');
    stranger = strangers.issue('stranger', 'DNS:am.example.org');
  });
  afterEach(async () => {
    for (const one of running.splice(0)) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
    said.splice(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const settings = (...lines: string[]): string =>
    [
      'tls_server_config:',
      '  cert_file: server.pem',
      '  key_file: server.key',
      ...lines.map((line) => `  ${line}`),
    ].join('\n');

  /** The port of a server with these settings. */
  async function serve(text: string): Promise<number> {
    writeFileSync(file, text);
    const loaded = loadWebConfig(file, {});
    if (!loaded.ok) throw new Error(loaded.problems.map(renderProblem).join('\n'));
    const log = { warn: (message: string, fields?: object) => void said.push(`${message} ${JSON.stringify(fields)}`) };
    const made = await createWebServer(loaded.config, (_req, res) => void res.end('hello'), {
      now: () => clock.at,
      log,
    });
    running.push(made);
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    return (made.address() as AddressInfo).port;
  }

  interface Answer {
    readonly text: string;
    readonly protocol: string | null;
    readonly serial: string;
    readonly headers: NodeJS.Dict<string | string[]>;
  }

  function get(port: number, pem?: Pem, more: object = {}): Promise<Answer> {
    const own = pem === undefined ? {} : { cert: readFileSync(pem.cert), key: readFileSync(pem.key) };
    return new Promise((resolve, reject) => {
      const req = request(
        { host: '127.0.0.1', port, ca: readFileSync(ca.cert), agent: false, ...own, ...more },
        (res) => {
          const socket = res.socket as import('node:tls').TLSSocket;
          const facts = { protocol: socket.getProtocol(), serial: socket.getPeerCertificate().serialNumber };
          res.on('data', (data: Buffer) => resolve({ text: data.toString(), headers: res.headers, ...facts }));
        },
      );
      req.on('error', reject);
      req.end();
    });
  }
  const isServed = (port: number, pem?: Pem): Promise<boolean> =>
    get(port, pem).then(
      ({ text }) => text === 'hello',
      () => false,
    );

  it('answers over TLS 1.2 and later, with the headers of the file', async () => {
    const port = await serve(
      `${settings()}\nhttp_server_config:\n  http2: true\n  headers: { Strict-Transport-Security: max-age=60 }`,
    );
    expect(await get(port)).toMatchObject({
      text: 'hello',
      protocol: 'TLSv1.3',
      headers: { 'strict-transport-security': 'max-age=60' },
    });
    expect((await get(port, undefined, { maxVersion: 'TLSv1.2' })).protocol).toBe('TLSv1.2');
    await expect(get(port, undefined, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
  });

  it('min_version TLS13 takes nothing older', async () => {
    const port = await serve(settings('min_version: TLS13'));
    await expect(get(port, undefined, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect(await isServed(port)).toBe(true);
  });

  const CA = 'client_ca_file: clients.pem';
  it.each<[string, string[], boolean, boolean, boolean]>([
    // the settings; who is served: without a certificate, with a good one, with one of an unknown CA
    ['nothing asked', [], true, true, true],
    ['RequestClientCert', ['client_auth_type: RequestClientCert'], true, true, true],
    ['RequireAnyClientCert', ['client_auth_type: RequireAnyClientCert'], false, true, true],
    ['VerifyClientCertIfGiven', ['client_auth_type: VerifyClientCertIfGiven', CA], true, true, false],
    ['RequireAndVerifyClientCert', ['client_auth_type: RequireAndVerifyClientCert', CA], false, true, false],
    [
      'a name that the certificate bears',
      ['client_auth_type: RequireAndVerifyClientCert', CA, 'client_allowed_sans: [am.example.org]'],
      ...([false, true, false] as const),
    ],
    [
      'an address that the certificate bears',
      ['client_auth_type: RequireAndVerifyClientCert', CA, 'client_allowed_sans: [10.0.0.1]'],
      ...([false, true, false] as const),
    ],
    [
      'a name that it does not bear',
      ['client_auth_type: RequireAndVerifyClientCert', CA, 'client_allowed_sans: [example.org, am]'],
      ...([false, false, false] as const),
    ],
  ])('client certificates: %s', async (_what, lines, without, good, unknown) => {
    const port = await serve(settings(...lines));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const served = (pem?: Pem) =>
        get(port, pem, { maxVersion }).then(
          () => true,
          () => false,
        );
      expect({ maxVersion, served: [await served(), await served(client), await served(stranger)] }).toEqual({
        maxVersion,
        served: [without, good, unknown],
      });
    }
  });

  it('tells of a failed handshake, once a minute', async () => {
    const port = await serve(settings('client_auth_type: RequireAndVerifyClientCert', CA));
    for (let n = 0; n < 3; n++) await isServed(port, stranger);
    expect(said).toEqual([expect.stringMatching(/^a TLS connection failed; .*"code":/)]);
  });

  it('a changed certificate is shown to the next connection; one that cannot be used leaves the old in force', async () => {
    const port = await serve(settings());
    const before = (await get(port)).serial;
    const next = ca.issue('next');
    const put = (from: string, to: string): void => {
      copyFileSync(from, to);
      utimesSync(to, new Date(), new Date(Date.now() + 5_000));
    };
    const old = { cert: readFileSync(server.cert), key: readFileSync(server.key) };
    put(next.cert, server.cert); // the key follows later, as with many tools
    clock.at += 2_000;
    expect((await get(port)).serial).toBe(before);
    expect(said).toEqual([expect.stringMatching(/cannot be used; the old ones stay in force/)]);
    put(next.key, server.key);
    clock.at += 2_000;
    const after = (await get(port)).serial;
    expect(after).not.toBe(before);
    writeFileSync(server.cert, old.cert);
    writeFileSync(server.key, old.key);
  });

  it('a changed client CA counts for the next connection', async () => {
    const copy = join(folder, 'changing.pem');
    copyFileSync(clients.cert, copy);
    const port = await serve(settings('client_auth_type: RequireAndVerifyClientCert', 'client_ca_file: changing.pem'));
    expect([await isServed(port, client), await isServed(port, stranger)]).toEqual([true, false]);
    copyFileSync(strangers.cert, copy);
    utimesSync(copy, new Date(), new Date(Date.now() + 5_000));
    clock.at += 2_000;
    expect([await isServed(port, client), await isServed(port, stranger)]).toEqual([false, true]);
  });

  it.each(['', '\n', '# nothing yet\n\n', '{}\n'])('the file %j means plain HTTP', (text) => {
    writeFileSync(file, text);
    expect(loadWebConfig(file, {})).toEqual({ ok: true, config: { tls: null, headers: {} } });
  });

  it.each<[string, string, RegExp]>([
    ['a wrong key', settings('cert_fil: x'), /^web.yml:4:3: tls_server_config.cert_fil: unknown key.*did you mean/],
    [
      'a wrong top key',
      'tls_config: {}',
      /^web.yml:1:1: tls_config: unknown key, found `tls_config`, allowed tls_server_config, http_server_config$/,
    ],
    ['no key file', 'tls_server_config: { cert_file: server.pem }', /^web.yml:1:20: .*`key_file` is missing/],
    [
      'a wrong kind of client',
      settings('client_auth_type: Require'),
      /^web.yml:4:21: .*client_auth_type: unknown value/,
    ],
    [
      'a wrong version',
      settings('min_version: TLS14'),
      /^web.yml:4:16: .*min_version: unknown value.*TLS10, TLS11, TLS12, TLS13/,
    ],
    [
      'versions the wrong way round',
      settings('min_version: TLS13', 'max_version: TLS12'),
      /^web.yml:4:16: .*lies above/,
    ],
    [
      'no CA to verify by',
      settings('client_auth_type: RequireAndVerifyClientCert'),
      /^web.yml:4:21: .*needs `client_ca_file`/,
    ],
    ['a CA that nobody asks', settings(CA), /^web.yml:4:19: .*not used with NoClientCert; set client_auth_type/],
    ['a missing file', settings().replace('server.pem', 'away.pem'), /^web.yml:2:14: .*cert_file: no such file/],
    [
      'a certificate that is none',
      settings().replace('server.pem', 'web.yml'),
      /^web.yml:2:14: .*holds no certificate \(/,
    ],
    ['a key that is none', settings().replace('server.key', 'web.yml'), /^web.yml:3:13: .*holds no key/],
    [
      "another certificate's key",
      settings().replace('server.key', 'ca.key'),
      /^web.yml:3:13: .*not the key of the certificate/,
    ],
    [
      'a CA that is none',
      settings('client_auth_type: RequireAndVerifyClientCert', 'client_ca_file: web.yml'),
      /^web.yml:5:19: .*holds no certificate/,
    ],
    [
      'users',
      'basic_auth_users: { ada: "$2y$10$abc" }',
      /^web.yml:1:1: basic_auth_users: `basic_auth_users` is not built yet/,
    ],
    [
      'cipher suites',
      settings('cipher_suites: [TLS_AES_128_GCM_SHA256]'),
      /^web.yml:4:3: .*`cipher_suites` is not built yet/,
    ],
    ['no YAML', 'tls_server_config: [', /^web.yml:1:/],
    ['a list', '- x', /^web.yml:1:1: /],
  ])('%s is told with its place', (_what, text, expected) => {
    writeFileSync(file, text);
    const loaded = loadWebConfig(file, {});
    const told = loaded.ok
      ? []
      : loaded.problems.map((problem) => renderProblem({ ...problem, file: basename(problem.file) }));
    expect(told).toEqual([expect.stringMatching(expected)]);
    expect(told.join()).not.toMatch(/PRIVATE|\$2y\$10/);
  });

  it('a file that is away is told', () => {
    expect(loadWebConfig(join(folder, 'none.yml'), {})).toMatchObject({ problems: [{ message: 'no such file' }] });
  });
});
