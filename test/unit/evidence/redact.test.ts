import * as fc from 'fast-check';
import { createRedactor } from '../../../src/evidence/redact.ts';
import { cpuTimeMs } from '../../helpers/cpu-time.ts';

const redact = createRedactor(Buffer.from('a key for tests'));
/** Put together at run time, so that no scanner of repositories takes them for real ones. */
const a = (length: number, alphabet = 'Zx9Qm4Rt7Lk2Vb8Np3Ws6Yc1Hd5Jf0Ga'): string =>
  alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
const hex = (length: number): string => a(length, '3fa1c29be47d5068');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Lines as they stand in logs, and the secrets in them. */
const SEEDED: readonly (readonly [line: string, ...secrets: readonly string[]])[] = [
  ['password=hunter2', 'hunter2'],
  ['DB_PASSWORD=hunter2 DB_HOST=db-1', 'hunter2'],
  ['spring.datasource.password: hunter2', 'hunter2'],
  ['user=app password="correct horse battery" host=db', 'correct horse battery'],
  ["passwd='it\\'s me' ok", "it\\'s me"],
  ['{"user":"ada","password":"s3cr\\"et, you know","x":1}', 's3cr', 'you know'],
  ['msg="{\\"password\\":\\"hunter2\\",\\"user\\":\\"ada\\"}"', 'hunter2'],
  ['{"userPassword" : "hunter2"}', 'hunter2'],
  ['login failed {username=ada, password=hunter2, remember=false}', 'hunter2'],
  ['POST /login?user=ada&password=hunter%262&next=/', 'hunter%262'],
  ['password=pa;ss,wo&rd end', 'pa;ss,wo&rd'],
  ['Server=db;User Id=app;Password=hunter2;Encrypt=true', 'hunter2'],
  ['mysql -u root --password=hunter2 shop', 'hunter2'],
  ['mysql --password hunter2 shop', 'hunter2'],
  ['docker login -u ada --password hunter2', 'hunter2'],
  ['<password>hunter2</password>', 'hunter2'],
  ["CREATE USER app IDENTIFIED BY 'hunter2'", 'hunter2'],
  ['passphrase: hunter2hunter2', 'hunter2hunter2'],
  ['+ curl -u ada:hunter2 https://example.org', 'hunter2'],
  ["curl --user 'ada:hunter2' https://example.org", 'hunter2'],
  ['mysqldump -uroot -phunter2 shop', 'hunter2'],
  ['sshpass -p hunter2 ssh db-1', 'hunter2'],
  ['docker login -u ada -p hunter2 registry', 'hunter2'],
  ['redis-cli -h cache -a hunter2 ping', 'hunter2'],
  ['snmpwalk -v2c -c hunter2 switch-1', 'hunter2'],
  ['bindpw hunter2', 'hunter2'],
  ['jdbc:oracle:thin:scott/tiger2@//db:1521/x', 'tiger2'],
  [`root:$6$${a(16)}$${a(86)}:19000:0`, a(86)],
  [`hash $2b$12$${a(53)} of ada`, a(53)],
  [`Authorization: SSWS 00${a(40)}`, a(40)],
  [`_auth=${base64('ada:hunter2hunter2')}`, base64('ada:hunter2hunter2')],
  [`AZURE_DEVOPS_EXT_PAT=${a(52)}`, a(52)],
  ['GET /reset?email=jane%40example.org&x=1', 'jane%40'],
  ['pwd=hunter2', 'hunter2'],
  ['PGPASSWORD=hunter2 psql', 'hunter2'],
  ['{"passwort":"hunter2"}', 'hunter2'],
  ['postgres://app:hunter2@db-1:5432/shop', 'hunter2'],
  ['cannot connect to mongodb+srv://app:hunt/er2@cluster0.example.net', 'hunt/er2'],
  ['redis://:hunter2@cache:6379/0', 'hunter2'],
  ['amqp://guest:hun@ter2@mq:5672', 'hun@ter2'],
  ['https://ada:hunter2@example.org/x', 'hunter2'],
  [`cloning https://${a(24)}@example.org/repo.git`, a(24)],
  [`Authorization: Bearer ${a(40)}`, a(40)],
  [`"authorization":["Bearer ${a(40)}"]`, a(40)],
  [`authorization: Basic ${base64('ada:hunter2')}`, base64('ada:hunter2')],
  [`> Proxy-Authorization: basic ${base64('ada:x')}`, base64('ada:x')],
  [`curl -H 'Authorization: ApiKey ${a(30)}=='`, a(30)],
  [`Authorization: ${a(32)}`, a(32)],
  [
    'Authorization: Digest username="ada", response="6629fae49393a05397450978507c4ef1"',
    '6629fae49393a05397450978507c4ef1',
  ],
  [`sent Bearer ${a(30)} to upstream`, a(30)],
  [`sent Basic ${base64('ada:hunter2')} to upstream`, base64('ada:hunter2')],
  ['Cookie: theme=dark; sid=abcdef0123456789', 'abcdef0123456789'],
  ['set-cookie: session=abcdef0123456789; Path=/; HttpOnly', 'abcdef0123456789'],
  ['{"cookie":"JSESSIONID=ABCDEF0123456789; x=1"}', 'ABCDEF0123456789'],
  ['GET /x;jsessionid=ABCDEF0123456789 200', 'ABCDEF0123456789'],
  ['PHPSESSID=abcdef0123456789', 'abcdef0123456789'],
  [`api_key=${a(32)}`, a(32)],
  [`apiKey: "${a(32)}"`, a(32)],
  [`X-Api-Key: ${a(32)}`, a(32)],
  [`x-vault-token: ${a(26)}`, a(26)],
  [`client_secret=${a(32)}&grant_type=client_credentials`, a(32)],
  ['client_secret=correcthorse', 'correcthorse'],
  [`{"refresh_token":"${a(64)}","expires_in":3600}`, a(64)],
  [`token=${a(16)}`, a(16)],
  [`aws_secret_access_key = ${a(40)}`, a(40)],
  [`AWS_SESSION_TOKEN=${a(120)}`, a(120)],
  [`AccountName=shop;AccountKey=${a(86)}==;EndpointSuffix=core.windows.net`, a(86)],
  [`Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=${a(43)}=`, a(43)],
  [`https://x.blob.core.windows.net/c?sv=2020&sig=${a(40)}%3D`, a(40)],
  [`GET /hook?code=${a(24)}&state=1`, a(24)],
  [`JWT_SECRET=${a(24)}`, a(24)],
  [`SECRET_KEY_BASE=${hex(64)}`, hex(64)],
  [`encryption-key: ${a(44)}`, a(44)],
  [`ghp_${a(36)}`, `ghp_${a(36)}`],
  [`POST https://api.telegram.org/bot123456789:AA${a(33)}/sendMessage`, a(33)],
  [`Bot M${a(23)}.${a(6)}.${a(27)}`, a(27)],
  [`deploy nfp_${a(40)} failed`, a(40)],
  [`pscale_tkn_${a(43)}`, a(43)],
  [`pat${a(14)}.${hex(64)}`, hex(64)],
  [`rubygems_${hex(48)}`, hex(48)],
  [`tailscale up --authkey tskey-auth-${a(12)}-${a(32)}`, a(32)],
  [`dt0c01.${'CW25LTAE'.repeat(3)}.${'CW25LTAE'.repeat(8)}`, 'CW25LTAE'.repeat(8)],
  [`mailchimp said 401 to ${hex(32)}-us12`, hex(32)],
  [`a vendor that nobody knows yet: acme_${a(40)}`, a(40)],
  [`remote: github_pat_${a(82)}`, a(82)],
  [`glpat-${a(20)}`, a(20)],
  [`xoxb-123456789012-1234567890123-${a(24)}`, a(24)],
  [`xapp-1-A012345-0123456789-${hex(64)}`, hex(64)],
  [`https://hooks.slack.com/services/T00000000/B00000000/${a(24)}`, a(24)],
  [`https://discord.com/api/webhooks/123456789012345678/${a(68)}`, a(68)],
  [`AKIA${a(16, 'IOSFODNN7EXAMPLE')}`, a(16, 'IOSFODNN7EXAMPLE')],
  [`AIza${a(35)}`, a(35)],
  [`ya29.${a(60)}`, a(60)],
  [`GOCSPX-${a(28)}`, a(28)],
  [`sk_live_${a(24)}`, a(24)],
  [`rk_test_${a(24)}`, a(24)],
  [`whsec_${a(32)}`, a(32)],
  [`sk-proj-${a(48)}`, a(48)],
  [`sk-ant-api03-${a(80)}`, a(80)],
  [`npm_${a(36)}`, a(36)],
  [`pypi-AgEIcHlwaS5vcmc${a(60)}`, a(60)],
  [`dckr_pat_${a(27)}`, a(27)],
  [`SG.${a(22)}.${a(43)}`, a(43)],
  [`key-${hex(32)}`, hex(32)],
  [`SK${hex(32)}`, hex(32)],
  [`123456789:AA${a(33)}`, a(33)],
  [`dop_v1_${hex(64)}`, hex(64)],
  [`hvs.${a(90)}`, a(90)],
  [`shpat_${hex(32)}`, hex(32)],
  [`dapi${hex(32)}`, hex(32)],
  [`hf_${a(34)}`, a(34)],
  [`glsa_${a(32)}_${hex(8)}`, a(32)],
  [`NRAK-${a(27).toUpperCase()}`, a(27).toUpperCase()],
  [`ATATT3xFfGF0${a(180)}`, a(180)],
  [`lin_api_${a(40)}`, a(40)],
  [`${a(14)}.atlasv1.${a(67)}`, a(67)],
  [`eyJhbGciOiJIUzI1NiJ9.${base64('{"sub":"ada"}').replace(/=/g, '')}.${a(43)}`, a(43)],
  [`-----BEGIN RSA PRIVATE KEY-----\n${a(64)}\n${a(20)}==\n-----END RSA PRIVATE KEY-----`, a(64), a(20)],
  [`key: -----BEGIN PRIVATE KEY-----\\n${a(64)}\\n-----END PRIVATE KEY-----\\n`, a(64)],
  [`-----BEGIN OPENSSH PRIVATE KEY-----\n${a(64)}`, a(64)],
  [a(64), a(64)],
  ['mail from ada.lovelace+shop@mail.example.co.uk rejected', 'ada.lovelace+shop@mail.example.co.uk'],
  ['card 4111 1111 1111 1111 declined', '4111 1111 1111 1111'],
  ['pan=5555555555554444', '5555555555554444'],
  ['amex 3782-822463-10005', '3782-822463-10005'],
];

/** Lines that say the same words and hold nothing to hide. */
const ORDINARY: readonly string[] = [
  'docker run -u 1000:1000 -p 8080:80 nginx',
  'curl -u is deprecated, mysqld -port 3306 and tar -p are not',
  'PASS test_shouldReturn404WhenTheOrderDoesNotExistAnymore',
  'container_e42_1445144423722_0020_01_000005 of MyClass_withAVeryLongNameThatNobodyWouldWrite2',
  'cost is $1$ or $2$ for each of these',
  'Failed password for root from 218.188.2.4 port 22 ssh2',
  'authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=218.188.2.4',
  "Access denied for user 'app'@'10.0.0.1' (using password: YES)",
  'Invalid password: must not be empty',
  'password=****',
  'password: <hidden>',
  'password=${DB_PASSWORD}',
  '{"password":null,"token":""}',
  'Unexpected token: } in JSON at position 4',
  'max_tokens=512 tokens: 77',
  'token=Token{a64f992 ActivityRecord{de9231d u0}}',
  'token=android.os.Binder@31ea1ef',
  'secret "checkout-tls" not found in namespace shop',
  'bearer token expired',
  'basic authentication required',
  'Basic configuration loaded',
  'PWD=/root SHELL=/bin/bash',
  'key=value cache_key=user:17 primary key: id',
  'GET /items?key=product&code=404 200',
  'tests/unit/test_session.py::TestPipSession::test_origin PASSED',
  'Started getty@tty1.service - Getty on tty1.',
  'git clone git@github.com:example/shop.git',
  'lodash@4.17.21 icon@2x.png com.foo.Bar@1a2b3c4d',
  'block blk_-1608999687919862906 terminating',
  'took 4111111111111112 ns, order 1234567890123456',
  'at 2026-01-31T11:58:00.123456789Z id 550e8400-e29b-41d4-a716-446655440000',
  'trace 88ebfbcebbbc0884eabd9178e1808940 span dd84024eb1cbced4',
  'sha256:3fa1c29be47d50683fa1c29be47d50683fa1c29be47d50683fa1c29be47d5068',
  'http://shop:8080/cart?email=none connect to http://db:5432@',
  'cookie: not found, session: closed, credentials: rejected',
  'Authorization: denied for role viewer',
  'Session 17 of user ada closed',
  'net.corda.node.internal.protonwrapper.netty.AMQPClient token com.apple.xpc.activity',
];

describe('secrets do not leave', () => {
  it.each(SEEDED)('%s', (line, ...secrets) => {
    for (const around of [line, `2026-01-31T11:58:00Z ERROR [main] ${line}`]) {
      if (around !== line && line === a(64)) continue; // a line of a key block stands alone
      const clean = redact(around);
      for (const secret of secrets) expect(clean).not.toContain(secret);
      expect(clean).toMatch(/\[[a-z-]+:[0-9a-f]{6}\]/);
      expect(redact(clean)).toBe(clean);
    }
  });

  it.each(ORDINARY)('an ordinary line stays as it is: %s', (line) => {
    expect(redact(line)).toBe(line);
  });

  it.each([
    ['connect to 10.4.0.7:5432 failed', '10.4.0.7'],
    ['client=203.0.113.9, upstream 2001:db8::8a2e:370:7334 port 443', '203.0.113.9', '2001:db8::8a2e:370:7334'],
    ['[fe80::1ff:fe23:4567:890a] joined', 'fe80::1ff:fe23:4567:890a'],
    ['dhcp: 52:54:00:ab:cd:ef leased 192.168.1.20', '52:54:00:ab:cd:ef', '192.168.1.20'],
  ])('addresses are hidden by choice: %s', (line, ...addresses) => {
    expect(redact(line)).toBe(line);
    const clean = redact.withAddresses?.(line) ?? line;
    for (const address of addresses) expect(clean).not.toContain(address);
    expect(redact.withAddresses?.(clean)).toBe(clean);
    expect(redact(clean)).toBe(clean);
  });

  it.each(['at 12:30:45.123 took 1.2.3 s', 'listening on 127.0.0.1:8080 and [::1]', 'std::vector a::b 0.0.0.0'])(
    "what is no address, or nobody's, stays: %s",
    (line) => {
      expect(redact.withAddresses?.(line)).toBe(line);
    },
  );

  it('equal secrets get equal marks, others do not, and another key gives other marks', () => {
    const mark = (text: string): string | undefined => /:([0-9a-f]{6})\]/.exec(text)?.[1];
    expect(mark(redact('password=hunter2'))).toBe(mark(redact('{"passwd":"hunter2"}')));
    expect(mark(redact('password=hunter2'))).not.toBe(mark(redact('password=hunter3')));
    expect(mark(redact('password=hunter2'))).not.toBe(mark(createRedactor(Buffer.from('other'))('password=hunter2')));
  });

  it('keeps what stands around the secret', () => {
    expect(redact('user=ada password=hunter2 host=db-1')).toMatch(
      /^user=ada password=\[password:[0-9a-f]{6}\] host=db-1$/,
    );
    expect(redact('postgres://app:hunter2@db-1:5432/shop')).toMatch(
      /^postgres:\/\/app:\[password:[0-9a-f]{6}\]@db-1:5432\/shop$/,
    );
  });

  it('a forged mark hides nothing', () => {
    expect(redact('password=[password:3fa1c2]hunter2')).not.toContain('hunter2');
  });

  it('leaves its own output as it is, whatever the lines are put together of', () => {
    const piece = fc.oneof(
      fc.constantFrom(...SEEDED.map(([line]) => line), ...ORDINARY),
      fc.constantFrom(
        ' ',
        '"',
        "'",
        '=',
        ':',
        '@',
        '\\',
        '\n',
        '[',
        ']',
        '{',
        '}',
        ';',
        '&',
        'password',
        'token=',
        '://',
        'Bearer ',
      ),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const once = redact(pieces.join(''));
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes time linear in the length, whatever the text is made of', () => {
    const pieces = [
      'a',
      '1',
      '@',
      'a@',
      'a.',
      '://',
      ':',
      'password=',
      'password="',
      "token='",
      'x:y@',
      'Bearer ',
      'cookie: a=b; ',
      '-----BEGIN PRIVATE KEY-----',
      'eyJ',
      '\\"',
      '4111 ',
      '=',
      '<password>',
      ' --token ',
      'curl -u ',
      'mysql ',
      'login ',
      'redis-cli -a ',
      '$6$',
      'a%40',
      'Aa_',
      'A1a1_',
      'authorization: ',
      '{"secret":',
    ];
    const began = cpuTimeMs();
    for (const piece of pieces) redact(piece.repeat(Math.ceil(1_000_000 / piece.length)));
    expect(cpuTimeMs() - began).toBeLessThan(60_000); // quadratic would be hours
  });
});
