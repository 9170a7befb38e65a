import * as fc from 'fast-check';
import { readTime } from '../../../src/sources/read-time.ts';

describe('reading a date', () => {
  it.each([
    ['2026-11-21T16:17:11Z', '2026-11-21T16:17:11.000Z'],
    ['2026-11-21T16:17:11.5Z', '2026-11-21T16:17:11.500Z'],
    ['2026-11-21T16:17:11.75Z', '2026-11-21T16:17:11.750Z'],
    ['2026-11-21T16:17:11.999999999Z', '2026-11-21T16:17:11.999Z'],
    ['2026-11-21T18:00:00.123456789+02:00', '2026-11-21T16:00:00.123Z'],
    ['2026-11-21T10:30:00-05:30', '2026-11-21T16:00:00.000Z'],
    ['2026-11-21t16:00:00z', '2026-11-21T16:00:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ])('takes %s for %s', (raw, expected) => {
    expect(new Date(readTime(raw) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    '0001-01-01T00:00:00Z',
    '0001-01-01T00:00:00.000+00:00',
    '1969-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T25:00:00Z',
    '2026-11-21T16:17:11',
    '2026-11-21',
    'yesterday',
    '',
    `2026-11-21T16:17:11.${'1'.repeat(1000)}Z`,
    1795278164,
    null,
    undefined,
    {},
    ['2026-11-21T16:17:11Z'],
  ])('finds none in %j', (raw) => {
    expect(readTime(raw)).toBeNull();
  });

  it('reads what it could have written, to the millisecond', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(fc.property(dates, (date) => expect(readTime(date.toISOString())).toBe(date.getTime())));
  });
});
