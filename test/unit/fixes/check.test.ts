import { plannedRequest, refusedRequest, requestFix } from './http-fix.ts';

const HOST = { from: 'labels.instance', pattern: String.raw`(?P<value>[a-z][a-z0-9-]*\.example\.org)(:\d+)?` };

/** A fix whose verification is this, with `host` as a parameter of this pattern. */
function fixWith(verify: Record<string, unknown>, pattern = HOST.pattern) {
  const parameters = { host: { ...HOST, pattern }, a: { from: 'labels.a', pattern: '.*' } };
  return requestFix({ parameters }, { verify });
}

const LABELS = { instance: 'db-1.example.org:9100', a: 'x/y' };

describe('planning an independent probe', () => {
  it('fills an address, every value escaped for where it stands', () => {
    const url = 'https://{{ host }}:8443/health/{{ a }}?of={{ labels.instance }}';
    const verify = { kind: 'http', url, status: [200, 204], contains: 'ok {{ a }}', for: '1m', timeout: '5m' };
    expect(plannedRequest(fixWith(verify), LABELS).verify).toEqual({
      kind: 'http',
      url: 'https://db-1.example.org:8443/health/x%2Fy?of=db-1.example.org%3A9100',
      status: [200, 204],
      contains: 'ok x/y',
      forMs: 60_000,
      timeoutMs: 300_000,
    });
  });

  it('wants 200 where nothing is said, and keeps logins out of the plan', () => {
    const verify = { kind: 'http', url: 'http://a/', headers: { Authorization: 'Bearer tok-1234' } };
    const plan = plannedRequest(fixWith(verify), LABELS);
    expect(plan.verify).toMatchObject({ url: 'http://a/', status: [200], contains: null });
    expect(JSON.stringify(plan)).not.toContain('tok-1234');
  });

  it.each([
    ['{{ host }}:5432', 'db-1.example.org', 5432],
    ['db.example.org:5432', 'db.example.org', 5432],
    ['10.0.0.1:22', '10.0.0.1', 22],
    ['[::1]:22', '::1', 22],
  ])('reads the address %s', (address, host, port) => {
    expect(plannedRequest(fixWith({ kind: 'tcp', address }), LABELS).verify).toMatchObject({ kind: 'tcp', host, port });
  });
});

describe('a probe that is written wrongly is never planned', () => {
  it.each([
    [{ kind: 'http', url: 'https://{{ labels.instance }}/' }, /the host may not come from labels.instance unchecked/],
    [{ kind: 'http', url: 'https://a{{ b }}/' }, /verify.url names b|unchecked/],
    [{ kind: 'http', url: 'https://{{ host }}:{{ a }}/' }, /only the host may be a blank/],
    [{ kind: 'http', url: 'https://{{ host }}{{ host }}/' }, /only the host may be a blank/],
    [{ kind: 'http', url: 'https://u:{{ a }}@h/' }, /no name and password/],
    [{ kind: 'http', url: 'file:///etc/passwd' }, /not an http\(s\) address/],
    [{ kind: 'http', url: 'https://h/?{{ a }}' }, /name of a query parameter/],
    [{ kind: 'http', url: 'https://h/', contains: '{{ labels.a }}' }, /verify.contains names labels.a/],
    [{ kind: 'tcp', address: '{{ labels.instance }}' }, /not a host and a port|verify.address names/],
    [{ kind: 'tcp', address: 'db-1' }, /not a host and a port/],
    [{ kind: 'tcp', address: 'db-1:99999' }, /not a host and a port/],
    [{ kind: 'tcp', address: 'db-1:{{ a }}' }, /not a host and a port/],
    [{ kind: 'tcp', address: '169.254.169.254:80' }, /no host and port to dial/],
    [{ kind: 'http', url: 'http://169.254.169.254/' }, /link-local or metadata/],
    [{ kind: 'http', url: 'http://2852039166/' }, /link-local or metadata/],
    [{ kind: 'http', url: 'http://h/', for: '10m', timeout: '5m' }, /could never be verified/],
  ])('%j', (verify, expected) => {
    expect(refusedRequest(fixWith(verify), LABELS)).toMatch(expected);
  });

  it.each([
    ['.*', /admits a\/b/],
    ['[^/]+', /admits a\?b/],
    ['[a-z0-9:]+', /admits a:80/],
    ['[a-z0-9.-]{1,253}', /admits 169\.254\.169\.254/],
    ['(?P<value>[a-z0-9.-]{1,253})(:[0-9]+)?', /admits 169\.254\.169\.254/],
    ['[a-z0-9-]+', /admits 2852039166/],
    [String.raw`169\.254\..*`, /admits 169\.254\.169\.254/],
  ])('a host may not come through the pattern %s', (pattern, expected) => {
    for (const verify of [
      { kind: 'http', url: 'https://{{ host }}/' },
      { kind: 'tcp', address: '{{ host }}:5432' },
    ])
      expect(refusedRequest(fixWith(verify, pattern), LABELS)).toMatch(expected);
  });

  it.each(['[a-z][a-z0-9.-]*', String.raw`10\.0\.\d{1,3}\.\d{1,3}`, String.raw`db-\d+`])(
    'a host may come through the pattern %s',
    (pattern) => {
      const fix = fixWith({ kind: 'http', url: 'https://{{ host }}/' }, pattern);
      expect(fix.problems).toEqual([]);
    },
  );

  it('a domain of our own after the blank makes any label safe', () => {
    const fix = fixWith({ kind: 'http', url: 'https://{{ host }}.example.org/' }, '[a-z0-9.-]+');
    expect(fix.problems).toEqual([]);
    expect(refusedRequest(fix, { ...LABELS, instance: '-a' })).toMatch(/"-a" is no host name/);
  });
});
