import { guardedLookup, isForbiddenAddress } from '../../../src/net/address-guard.ts';
import { codeOf, failureOfCode } from '../../../src/net/failure-of-code.ts';
import { sayer } from '../../../src/net/sayer.ts';

describe('an error code', () => {
  it.each([
    ['ECONNREFUSED', 'refused', true],
    ['ECONNRESET', 'refused', true],
    ['ENOTFOUND', 'refused', true],
    ['EAI_AGAIN', 'refused', true],
    ['ETIMEDOUT', 'timed_out', true],
    ['HPE_INVALID_CONSTANT', 'invalid_answer', true],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'misconfigured', true],
    ['CERT_HAS_EXPIRED', 'misconfigured', true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'misconfigured', true],
    ['EADDRESS_FORBIDDEN', 'misconfigured', false],
    ['', 'refused', true],
  ] as const)('%s is %s, to be tried again: %s', (code, reason, retryable) => {
    expect(failureOfCode(code)).toMatchObject({ ok: false, reason, retryable });
  });

  it('is the one of the system where a library put its own over it', () => {
    expect(codeOf(Object.assign(new Error('x'), { code: 'ESOCKET', originalCode: 'ECONNREFUSED' }))).toBe(
      'ECONNREFUSED',
    );
    expect(codeOf('text')).toBe('');
    expect(codeOf(null)).toBe('');
  });
});

describe('what the other side says', () => {
  it('is shown on one line without the secrets, in any of their spellings', () => {
    const say = sayer(['p@ss word']);
    expect(say('no\r\n\u2028 p@ss word, p%40ss%20word, cEBzcyB3b3Jk!')).toBe('no [secret], [secret], [secret]!');
    expect(say('x'.repeat(10_000)).length).toBeLessThanOrEqual(200);
  });
});

describe('addresses', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    '[fe80::1]',
    'febf::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
  ])('%s is never dialled', (address) => {
    expect(isForbiddenAddress(address)).toBe(true);
  });

  it.each(['10.0.0.1', '127.0.0.1', '192.168.1.1', '::1', 'fd00::1', '8.8.8.8', 'hooks.example.org'])(
    '%s may be',
    (address) => {
      expect(isForbiddenAddress(address)).toBe(false);
    },
  );

  it('are checked on what a name resolves to', async () => {
    const found = await new Promise((resolve) =>
      guardedLookup('localhost', {}, (error, address) => resolve(error ?? address)),
    );
    expect(['127.0.0.1', '::1']).toContain(found);
  });
});
