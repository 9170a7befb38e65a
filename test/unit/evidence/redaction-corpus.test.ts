import { gunzipSync } from 'node:zlib';
import { collectLogs } from '../../../src/evidence/collect.ts';
import type { LogRecord, LogStore } from '../../../src/evidence/log-store.ts';
import { namesOf } from '../../../src/evidence/peer/names.ts';
import { createRedactor } from '../../../src/evidence/redact.ts';
import { scopeLabels } from '../../../src/evidence/scope.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const HEX = '0123456789abcdef';
const ALNUM = `${LOWER}${LOWER.toUpperCase()}0123456789`;

/** The same in every run (mulberry32), and no secret of anybody's. */
function createDice(seed: number): { text(length: number, alphabet?: string): string; pick<T>(of: readonly T[]): T } {
  let state = seed;
  const roll = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  return {
    text: (length, alphabet = ALNUM) => Array.from({ length }, () => alphabet[roll(alphabet.length)]).join(''),
    pick: (of) => of[roll(of.length)] as (typeof of)[number],
  };
}
type Dice = ReturnType<typeof createDice>;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const base64Url = (text: string): string => Buffer.from(text).toString('base64url');

/** A card number with its check digit (Luhn). */
function cardOf(dice: Dice): string {
  const body = `4${dice.text(14, '0123456789')}`;
  const sum = body.split('').reduce((all, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return all + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** The kinds of secrets that logs hold, each in the places where they are met: `[text, the secret in it]`. */
const KINDS: Readonly<
  Record<string, readonly ((dice: Dice, secret: string) => string)[] | ((dice: Dice) => readonly [string, string])>
> = {
  password: [
    (_dice, secret) => `login failed user=ada password=${secret} remember=false`,
    (_dice, secret) => `config loaded: DB_PASSWORD=${secret} DB_HOST=db-1`,
    (_dice, secret) => `{"event":"signup","user":"ada","password":"${secret}"}`,
    (_dice, secret) => `POST /login?user=ada&password=${secret}&next=/ 401`,
    (_dice, secret) => `exec: mysql -u root --password=${secret} shop`,
    (_dice, secret) => `spring.datasource.password: ${secret}`,
  ],
  'connection string': [
    (_dice, secret) => `cannot connect to postgres://app:${secret}@db-1:5432/shop`,
    (_dice, secret) => `dial mongodb+srv://app:${secret}@cluster0.example.net/shop failed`,
    (_dice, secret) => `using amqp://guest:${secret}@mq:5672/`,
    (_dice, secret) => `pool: Server=db;User Id=app;Password=${secret};Encrypt=true`,
  ],
  'authorization header': [
    (_dice, secret) => `> Authorization: Bearer ${secret}`,
    (_dice, secret) => `request headers {"authorization":"Bearer ${secret}","accept":"*/*"}`,
    (_dice, secret) => `curl -H 'Authorization: ApiKey ${secret}' https://es:9200`,
    (_dice, secret) => `X-Api-Key: ${secret}`,
  ],
  cookie: [
    (_dice, secret) => `> Cookie: theme=dark; sid=${secret}`,
    (_dice, secret) => `< set-cookie: session=${secret}; Path=/; HttpOnly`,
    (_dice, secret) => `GET /cart;jsessionid=${secret} 200`,
  ],
  'key or token by name': [
    (_dice, secret) => `starting with api_key=${secret}`,
    (_dice, secret) => `oauth: client_secret=${secret}&grant_type=client_credentials`,
    (_dice, secret) => `{"refresh_token":"${secret}","expires_in":3600}`,
    (_dice, secret) => `env JWT_SECRET=${secret}`,
    (_dice, secret) => `aws_secret_access_key = ${secret}`,
  ],
  'token of a vendor': (dice) => {
    const shape = dice.pick<(dice: Dice) => string>([
      (d) => `ghp_${d.text(36)}`,
      (d) => `github_pat_${d.text(60)}`,
      (d) => `glpat-${d.text(20)}`,
      (d) => `xoxb-${d.text(12, '0123456789')}-${d.text(24)}`,
      (d) => `AKIA${d.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
      (d) => `AIza${d.text(35)}`,
      (d) => `sk_live_${d.text(24)}`,
      (d) => `sk-ant-api03-${d.text(60)}`,
      (d) => `npm_${d.text(36)}`,
      (d) => `SG.${d.text(22)}.${d.text(43)}`,
      (d) => `hvs.${d.text(60)}`,
      (d) => `dop_v1_${d.text(64, HEX)}`,
      (d) => `shpat_${d.text(32, HEX)}`,
      (d) => `dapi${d.text(32, HEX)}`,
      (d) => `hf_${d.text(34)}`,
    ])(dice);
    return [`push to registry with ${shape} was refused`, shape];
  },
  'json web token': (dice) => {
    const token = `${base64Url('{"alg":"HS256"}')}.${base64Url(`{"sub":"${dice.text(8, LOWER)}"}`)}.${dice.text(43)}`;
    return [`invalid token ${token}: expired`, token];
  },
  'private key': (dice) => {
    const body = dice.text(64);
    return [`-----BEGIN RSA PRIVATE KEY-----\n${body}\n${dice.text(40)}==\n-----END RSA PRIVATE KEY-----`, body];
  },
  'basic login': (dice) => {
    const login = base64(`ada:${dice.text(12)}`);
    return [`upstream was sent Authorization: Basic ${login}`, login];
  },
  'e-mail': (dice) => {
    const address = `${dice.text(6, LOWER)}.${dice.text(8, LOWER)}@${dice.text(7, LOWER)}.example.org`;
    return [`mail to ${address} bounced`, address];
  },
  'card number': (dice) => {
    const card = cardOf(dice);
    return dice.pick([true, false])
      ? [`card ${card} declined`, card]
      : [`pan=${card.replace(/(\d{4})(?=\d)/g, '$1 ')} declined`, card.replace(/(\d{4})(?=\d)/g, '$1 ')];
  },
};

/** What stands before a message, as programs write it. */
const HEADS = [
  '',
  '2026-01-05T02:57:00Z ERROR [main] ',
  '2026-01-05 02:57:00,123 WARN  c.e.shop.Orders - ',
  'level=error msg=',
];
const SECRETS = 200;

function seed(): readonly { readonly kind: string; readonly line: string; readonly secret: string }[] {
  const dice = createDice(20_260_105);
  const kinds = Object.entries(KINDS);
  return Array.from({ length: SECRETS }, (_, index) => {
    const [kind, make] = kinds[index % kinds.length] as (typeof kinds)[number];
    if (typeof make === 'function') {
      const [line, secret] = make(dice);
      return { kind, secret, line: line.startsWith('-----') ? line : `${dice.pick(HEADS)}${line}` };
    }
    const secret = dice.text(24);
    return { kind, secret, line: `${dice.pick(HEADS)}${dice.pick(make)(dice, secret)}` };
  });
}

const ordinary = (n: number): string =>
  `order ${n} of customer ${n * 17} placed in ${n % 90} ms from 10.0.${n % 250}.7`;

describe('200 seeded secrets in logs', () => {
  const seeded = seed();
  const redact = createRedactor(Buffer.from('a key for tests'));

  it('are two hundred different ones, of every kind', () => {
    expect(new Set(seeded.map(({ secret }) => secret)).size).toBe(SECRETS);
    expect(new Set(seeded.map(({ kind }) => kind)).size).toBe(Object.keys(KINDS).length);
  });

  it('are each taken out of their line, which stays a line of its kind', () => {
    const left = seeded.filter(({ line, secret }) => redact(line).includes(secret));
    expect(left).toEqual([]);
    for (const { line } of seeded) expect(redact(line)).toMatch(/\[[a-z-]+:[0-9a-f]{6}\]/);
  });

  it.each([false, true])(
    'leave by none of the ways out: excerpt, raw lines, texts for the rules, comparison with others (addresses hidden: %s)',
    async (hidesAddresses) => {
      const at = Date.UTC(2026, 0, 5, 2, 57);
      const record = (text: string, pod: string, level: string): LogRecord => ({
        ...{ at, level, service: 'checkout', host: 'h1', pod, text },
      });
      const lines = [
        ...seeded.map(({ line }) => record(line, 'c-1', 'error')),
        ...Array.from({ length: 400 }, (_, n) => record(ordinary(n), n % 2 === 0 ? 'c-1' : 'c-2', 'info')),
      ];
      const window = {
        name: 'incident',
        from: at - 1,
        to: at + 1,
        records: lines.length,
        sampled: false,
        lines,
      } as const;
      const store: LogStore = {
        ...{ name: 'fake', kind: 'fake', hidesAddresses, serves: () => true, scopeLabels: scopeLabels() },
        budget: { timeMs: 1_000, documents: 10_000, bytes: 10_000_000, lines: 200 },
        fetch: async () => ({
          ...{ ok: true, scope: { name: 'service', value: 'checkout' }, windows: [window], partial: [], url: '' },
          query: { text: seeded[0]?.line },
        }),
        check: async () => ({ ok: true, detail: '' }),
        close: async () => undefined,
      };
      const labels = { service: 'checkout', pod: 'c-1' };
      const peers = { own: namesOf([labels]), alerting: namesOf([]) };
      const facts = { id: 'e', labels, startsAt: at, now: at + 60_000, peers };
      const { raw, ...found } = await collectLogs(facts, [store], redact, new AbortController().signal);
      expect(found.evidence.lines.length).toBeGreaterThan(20);
      expect(found.peer?.facts.length).toBeGreaterThan(0);
      const out = `${JSON.stringify(found)}${gunzipSync(raw ?? new Uint8Array()).toString('utf8')}`;
      expect(
        seeded.filter(({ secret }) => out.includes(secret) || out.includes(JSON.stringify(secret).slice(1, -1))),
      ).toEqual([]);
      expect(/10\.0\.\d+\.7/.test(out)).toBe(!hidesAddresses);
    },
  );

  it('are told from ordinary lines: of ten thousand none is touched', () => {
    const lines = Array.from({ length: 10_000 }, (_, n) => ordinary(n));
    expect(lines.filter((line) => redact(line) !== line)).toEqual([]);
  });
});
