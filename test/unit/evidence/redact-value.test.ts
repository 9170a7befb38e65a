import fc from 'fast-check';
import { createRedactor } from '../../../src/evidence/redact.ts';
import { redactValue } from '../../../src/evidence/redact-value.ts';

const redact = createRedactor(Buffer.alloc(32, 1));
const redacted = (value: unknown) => redactValue(value, redact);

describe('plain data with its texts redacted', () => {
  it.each([
    ['an expression that ends within a secret', { expr: 'up{password="hunter2secret99', other: 1 }],
    ['a quotation mark behind a secret', { expr: 'token="hunter2secret99\\"}', z: 'end' }],
    ['a text behind a name', { must: [{ match: { message: 'password: hunter2secret99' } }] }],
    ['a name that says so', { auth: { password: 'hunter2secret99' } }],
    ['a number under such a name', { password: 8812739 }],
    ['a list under such a name', { passwords: 1, password: ['hunter2secret99'] }],
  ])('%s', (_what, value) => {
    const text = JSON.stringify(redacted(value));
    expect(text).toMatch(/\[\w+:[0-9a-f]{6}\]/);
    expect(text).not.toMatch(/hunter2secret99|8812739/);
  });

  it('keeps its shape whatever it holds, and all that is no secret', () => {
    const query = {
      expr: 'sum(rate(http_requests_total{job="api"}[5m]))',
      range: { from: 1, to: 2 },
      ok: true,
      no: null,
    };
    expect(redacted(query)).toEqual(query);
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json);
        const copy = redacted(value);
        expect(Array.isArray(copy)).toBe(Array.isArray(value));
        expect(() => JSON.stringify(copy)).not.toThrow();
      }),
    );
  });
});
