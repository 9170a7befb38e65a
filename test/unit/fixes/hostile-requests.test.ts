import * as fc from 'fast-check';
import { planRequest, requestFix } from './http-fix.ts';
import type { HttpAction } from '../../../src/fixes/rendered-action.ts';

/** Any text at all, and text made of what has broken others. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        ...['/', '\\', '..', '.', '%2e', '%2f', '%', '?', '&', '=', '#', '+', ' ', ';', '@', ':', '//', '[', ']'],
        ...['"', "'", '{', '}', '{{ b }}', '{{ response.id }}', ',', '\r\n', '\n', '\0', 'a', 'é', '🔔', '\u2028'],
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

/** What was planned for two hostile values; null where it was refused, which must say why. */
function requestWith(fix: ReturnType<typeof requestFix>, a: string, b: string): HttpAction | null {
  const planned = planRequest(fix, { a, b });
  if (planned.ok) return planned.plan.action as HttpAction;
  expect(planned.reasons.every((reason) => reason.length > 10)).toBe(true);
  return null;
}

const RUNS = { numRuns: 3000 };

describe('no hostile value', () => {
  it('leaves its place in an address', () => {
    const fix = requestFix({
      url: 'https://deploy.example.org:8443/u/{{ a }}/x-{{ b }}/end?one={{ b }}&two=2&three={{ a }}',
    });
    let planned = 0;
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const action = requestWith(fix, a, b);
        if (action === null) return;
        planned += 1;
        const url = new URL(action.url);
        expect(url.origin).toBe('https://deploy.example.org:8443');
        expect([url.username, url.password, url.hash]).toEqual(['', '', '']);
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'u', a, `x-${b}`, 'end']);
        expect([...url.searchParams]).toEqual([
          ['one', b],
          ['two', '2'],
          ['three', a],
        ]);
        // A server that decodes before it routes must not climb either.
        const decoded = decodeURIComponent(url.pathname).split(/[/\\]/);
        expect(decoded).not.toContain('..');
      }),
      RUNS,
    );
    expect(planned).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it('leaves its place in a body of JSON', () => {
    const body = { unit: '{{ a }}', list: ['x', '{{ b }}'], deep: { note: 'by {{ a }}, {{ b }}' }, n: 1 };
    const fix = requestFix({ body });
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const action = requestWith(fix, a, b);
        if (action === null) return;
        expect(JSON.parse(action.body ?? '')).toEqual({
          ...{ unit: a, list: ['x', b], deep: { note: `by ${a}, ${b}` }, n: 1 },
        });
      }),
      RUNS,
    );
  });

  it('leaves its place in a form', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const fix = requestFix({ headers, body: 'a={{ a }}&x=1&b=-{{ b }}-' });
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const action = requestWith(fix, a, b);
        if (action === null) return;
        expect([...new URLSearchParams(action.body ?? '')]).toEqual([
          ['a', a],
          ['x', '1'],
          ['b', `-${b}-`],
        ]);
      }),
      RUNS,
    );
  });

  it('leaves its header, or adds one', () => {
    const fix = requestFix({ headers: { 'X-One': '{{ a }}', 'X-Two': 'unit {{ b }}' } });
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const action = requestWith(fix, a, b);
        if (action === null) return;
        expect(action.headers).toEqual({ 'x-one': a, 'x-two': `unit ${b}` });
        expect(Object.values(action.headers).join('')).toMatch(/^[\x20-\x7e]*$/);
        expect(new Headers(action.headers).get('x-one')).toBe(a);
      }),
      RUNS,
    );
  });

  it('becomes a blank that a run would fill', () => {
    const poll = { url: 'https://deploy.example.org/{{ a }}/{{ response.id }}?b={{ b }}', pointer: '', success: ['x'] };
    const fix = requestFix({ poll });
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const url = requestWith(fix, a, b)?.poll?.url;
        if (url === undefined) return;
        expect(url.match(/\{\{.*?\}\}/g)).toEqual(['{{ response.id }}']);
      }),
      RUNS,
    );
  });

  it('becomes another host for a probe', () => {
    const parameters = {
      a: { from: 'labels.a', pattern: String.raw`[a-z](?s:.*)` },
      b: { from: 'labels.b', pattern: '.*' },
    };
    const verify = { kind: 'http', url: 'https://{{ a }}.example.org:8443/{{ b }}' };
    const fix = { ...requestFix({ parameters }, { verify }), problems: [] };
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const planned = planRequest(fix, { a: `h${a}`, b });
        if (!planned.ok || planned.plan.verify.kind !== 'http') return;
        const url = new URL(planned.plan.verify.url);
        expect(url.hostname).toMatch(/^[a-z0-9._-]+\.example\.org$/);
        expect(url.host).toBe(`${url.hostname}:8443`);
        expect(url.pathname).toBe(`/${url.pathname.slice(1).replaceAll('/', '')}`);
      }),
      RUNS,
    );
  });
});
