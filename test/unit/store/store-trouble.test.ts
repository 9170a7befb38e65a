import { isStoreTrouble } from '../../../src/store/store-trouble.ts';

const withCode = (code: string): Error => Object.assign(new Error('no'), { code });

describe("the store's own trouble", () => {
  it.each([
    ...['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY'],
    ...['08006', '08P01', '53100', '53300', '57P01', '57P03', '57014', '58030', '40001', '40P01', '55P03', '25006'],
  ])('%s is waited out', (code) => expect(isStoreTrouble(withCode(code))).toBe(true));

  it.each([
    'SQLITE_CONSTRAINT_PRIMARYKEY',
    'SQLITE_TOOBIG',
    '23505',
    '22021',
    '42P01',
    '25P02',
    'ECONNREFUSED',
    'EPIPE',
  ])('%s comes again for ever, or is not of the store', (code) => expect(isStoreTrouble(withCode(code))).toBe(false));

  it('what bears no code is a bug', () => expect(isStoreTrouble(new TypeError('no'))).toBe(false));
});
