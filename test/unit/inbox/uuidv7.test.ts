import { uuidv7 } from '../../../src/inbox/uuidv7.ts';

describe('uuidv7', () => {
  it('has the form, version and variant of RFC 9562', () => {
    for (let n = 0; n < 1000; n++)
      expect(uuidv7(Date.now())).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('begins with its time and so sorts by it', () => {
    expect(uuidv7(0x0192_3456_789a).startsWith('01923456-789a-7')).toBe(true);
    expect(uuidv7(1).startsWith('00000000-0001-7')).toBe(true);
    expect(uuidv7(2_000_000_000_000) > uuidv7(1_999_999_999_999)).toBe(true);
  });

  it('never gives one twice', () => {
    expect(new Set(Array.from({ length: 100_000 }, () => uuidv7(1))).size).toBe(100_000);
  });
});
