import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { shapeProblems } from '../config/explain.ts';
import { notBuilt } from '../config/not-built.ts';
import { orderProblems, type Path, type Problem } from '../config/problem.ts';
import { speakFileError } from '../config/rule-files.ts';
import { anchorFiles } from '../config/secret-files.ts';
import { parseYamlFile, valueAt, type YamlFile } from '../config/yaml-file.ts';

/** As Go's crypto/tls names them: who must show a certificate, and whether it must be good. */
const CLIENT_AUTH = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
export type ClientAuth = (typeof CLIENT_AUTH)[number];
const VERIFIES: readonly ClientAuth[] = ['VerifyClientCertIfGiven', 'RequireAndVerifyClientCert'];

const VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
const version = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13']);
const path = z.string().min(1);

/** What the format has and this version has not; told as such rather than left out in silence. */
const NOT_BUILT: readonly Path[] = [
  ['basic_auth_users'],
  ['rate_limit'],
  ...['cert', 'key', 'client_ca', 'cipher_suites', 'curve_preferences'].map((key) => ['tls_server_config', key]),
];

/**
 * Prometheus's own format (`--web.config.file`); source: prometheus/exporter-toolkit, docs/web-configuration.md.
 * `http2` and `prefer_server_cipher_suites` are read and change nothing: the bridge speaks HTTP/1.1.
 */
export const webFile = z.strictObject({
  tls_server_config: z
    .strictObject({
      cert_file: path.describe("The server's certificate and those above it, PEM; read anew when it changes"),
      key_file: path.describe('Its private key, PEM'),
      client_auth_type: z
        .enum(CLIENT_AUTH)
        .describe('Whether clients must show a certificate, and whether it must be good')
        .default('NoClientCert'),
      client_ca_file: path.describe("Who signs clients' certificates, PEM").optional(),
      client_allowed_sans: z
        .array(z.string().min(1))
        .describe("A client's certificate must bear one of these: DNS name, IP address, e-mail address or URI")
        .default([]),
      min_version: version.describe('The oldest TLS that is spoken').default('TLS12'),
      max_version: version.describe('The newest TLS that is spoken').default('TLS13'),
      prefer_server_cipher_suites: z.boolean().describe('Read and without effect').optional(),
    })
    .describe('HTTPS, and who may connect; without it plain HTTP')
    .optional(),
  http_server_config: z
    .strictObject({
      http2: z.boolean().describe('Read and without effect: the bridge speaks HTTP/1.1').optional(),
      headers: z
        .record(z.string(), z.string())
        .describe('Added to every answer that has no such header of its own')
        .default({}),
    })
    .describe('How answers are given')
    .optional(),
});

/** Where the certificates lie, and whom to let in. Paths are whole. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | null;
  readonly clientAuth: ClientAuth;
  /** With any: a client's certificate must bear one of them (DNS name, IP address, e-mail address or URI). */
  readonly clientAllowedSans: readonly string[];
  readonly minVersion: (typeof VERSIONS)[keyof typeof VERSIONS];
  readonly maxVersion: (typeof VERSIONS)[keyof typeof VERSIONS];
}

export interface WebConfig {
  /** Null: plain HTTP. */
  readonly tls: TlsSettings | null;
  /** Added to every answer that has no such header of its own. */
  readonly headers: Readonly<Record<string, string>>;
}

/** As an empty file says it. */
const NOTHING: WebConfig = { tls: null, headers: {} };

export type WebConfigResult =
  { readonly ok: true; readonly config: WebConfig } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads `--web.config.file` and tries the certificates that it names. Never throws. */
export function loadWebConfig(name: string, env: Readonly<Record<string, string | undefined>>): WebConfigResult {
  const text = tryReadText(name);
  if (!text.ok) return { ok: false, problems: [wholeFile(name, text.reason)] };
  if (text.text.split('\n').every((line) => /^\s*(#|$)/.test(line))) return { ok: true, config: NOTHING };
  const file = parseYamlFile(name, text.text, env);
  if (file.data === undefined) return { ok: false, problems: file.problems };
  anchorFiles(file);
  const problems = [...file.problems, ...takeOutNotBuilt(file), ...shapeProblems(file, [], webFile)];
  const parsed = webFile.safeParse(file.data);
  const config = parsed.success ? toConfig(parsed.data) : NOTHING;
  if (config.tls !== null) problems.push(...tlsProblems(file, config.tls));
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems: orderProblems(problems) };
}

function toConfig({ tls_server_config: tls, http_server_config: http }: z.output<typeof webFile>): WebConfig {
  const headers = http?.headers ?? {};
  if (tls === undefined) return { tls: null, headers };
  return {
    headers,
    tls: {
      certFile: tls.cert_file,
      keyFile: tls.key_file,
      clientCaFile: tls.client_ca_file ?? null,
      clientAuth: tls.client_auth_type,
      clientAllowedSans: tls.client_allowed_sans,
      minVersion: VERSIONS[tls.min_version],
      maxVersion: VERSIONS[tls.max_version],
    },
  };
}

/** Names what is not built, and takes it out of the data, so that nobody is told to use it. */
function takeOutNotBuilt(file: YamlFile): Problem[] {
  return NOT_BUILT.flatMap((place) => {
    const parent = valueAt(file.data, place.slice(0, -1));
    const key = String(place.at(-1));
    if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return [];
    delete (parent as Record<string, unknown>)[key];
    const problem = file.problem({ path: place, at: 'key', message: notBuilt(key), hint: 'take it out' });
    return problem === null ? [] : [problem];
  });
}

/** What does not go together, and certificates that cannot be used. */
function tlsProblems(file: YamlFile, tls: TlsSettings): Problem[] {
  const at = (key: string, message: string, hint: string): Problem[] => {
    const problem = file.problem({ path: ['tls_server_config', key], message, hint });
    return problem === null ? [] : [problem];
  };
  const verifies = VERIFIES.includes(tls.clientAuth);
  if (verifies && tls.clientCaFile === null)
    return at('client_auth_type', `${tls.clientAuth} needs \`client_ca_file\``, 'name the file of the client CA');
  if (!verifies && tls.clientCaFile !== null)
    return at('client_ca_file', `it is not used with ${tls.clientAuth}`, `set client_auth_type: ${VERIFIES[1]}`);
  if (!verifies && tls.clientAllowedSans.length > 0)
    return at('client_allowed_sans', `it is not used with ${tls.clientAuth}`, `set client_auth_type: ${VERIFIES[1]}`);
  if (tls.minVersion > tls.maxVersion) return at('min_version', 'it lies above `max_version`', 'turn them round');
  return usableProblems(tls, at);
}

function usableProblems(tls: TlsSettings, at: (key: string, message: string, hint: string) => Problem[]): Problem[] {
  const files = Object.entries({ cert_file: tls.certFile, key_file: tls.keyFile, client_ca_file: tls.clientCaFile });
  const unread = files.flatMap(([key, name]) => {
    const text = name === null ? null : tryReadText(name);
    return text === null || text.ok ? [] : at(key, text.reason, 'let the account that runs Tierbell read it');
  });
  if (unread.length > 0) return unread;
  const trouble = contextTrouble(tls);
  return trouble === null
    ? []
    : at(trouble.key, trouble.message, 'give the PEM files of one certificate (with its chain) and its key');
}

/** Which of the files OpenSSL does not take; its code, never its text. */
function contextTrouble(tls: TlsSettings): { key: string; message: string } | null {
  const tries: (readonly [string, string, () => object])[] = [
    ['cert_file', 'it holds no certificate', () => ({ cert: readFileSync(tls.certFile) })],
    ['key_file', 'it holds no key without a pass phrase', () => ({ key: readFileSync(tls.keyFile) })],
    ['key_file', 'it is not the key of the certificate', () => readTlsFiles(tls)],
    ...(tls.clientCaFile === null ? [] : [caTry(tls.clientCaFile)]),
  ];
  for (const [key, message, options] of tries) {
    try {
      createSecureContext(options());
    } catch (error) {
      return { key, message: `${message} (${(error as { code?: string }).code ?? 'unknown'})` };
    }
  }
  return null;
}

/** OpenSSL takes a CA file without any certificate, and then trusts nobody. */
function caTry(name: string): readonly [string, string, () => object] {
  return [
    'client_ca_file',
    'it holds no certificate',
    () => {
      if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(readFileSync(name, 'latin1')))
        throw Object.assign(new Error('no certificate'), { code: 'no PEM' });
      return { ca: readFileSync(name) };
    },
  ];
}

/** What the certificate files hold now. @throws Error where one cannot be read */
export function readTlsFiles({ certFile, keyFile, clientCaFile }: TlsSettings): {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
} {
  const ca = clientCaFile === null ? {} : { ca: readFileSync(clientCaFile) };
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), ...ca };
}

function tryReadText(name: string): { ok: true; text: string } | { ok: false; reason: string } {
  try {
    return { ok: true, text: readFileSync(name, 'utf8') };
  } catch (error) {
    return { ok: false, reason: speakFileError(error) };
  }
}

function wholeFile(file: string, reason: string): Problem {
  const hint = 'name the file with --web.config.file';
  return { file, line: 1, column: 1, path: '', message: reason, found: '', allowed: '', hint };
}
