import { describeAction } from '../../../src/fixes/rendered-action.ts';
import { hashAction } from '../../../src/fixes/plan.ts';
import { plannedRequest, refusedRequest, requestFix } from './http-fix.ts';

const ORIGIN = 'https://deploy.example.org';

describe('planning a request', () => {
  it('fills address, headers and body, each value escaped for where it stands', () => {
    const fix = requestFix({
      method: 'PUT',
      url: `${ORIGIN}/units/{{ a }}/restart?reason={{ b }}`,
      headers: { 'X-Unit': '{{ b }}' },
      body: { unit: '{{ a }}', note: 'by {{ b }}', force: true, tries: 3, tags: ['{{ a }}', null] },
      expect: { status: 202 },
      poll: {
        url: `${ORIGIN}/jobs/{{ response.id }}?unit={{ a }}`,
        pointer: '/state',
        success: ['done', 0],
        interval: '2s',
      },
      timeout: '90s',
    });
    expect(plannedRequest(fix, { a: 'a/b "c"', b: 'x&y=z' }).action).toEqual({
      kind: 'http',
      method: 'PUT',
      url: `${ORIGIN}/units/a%2Fb%20%22c%22/restart?reason=x%26y%3Dz`,
      headers: { 'content-type': 'application/json', 'x-unit': 'x&y=z' },
      body: '{"unit":"a/b \\"c\\"","note":"by x&y=z","force":true,"tries":3,"tags":["a/b \\"c\\"",null]}',
      expect: [202],
      poll: {
        url: `${ORIGIN}/jobs/{{ response.id }}?unit=a%2Fb%20%22c%22`,
        pointer: '/state',
        success: ['done', '0'],
        failure: [],
        intervalMs: 2_000,
      },
      timeoutMs: 90_000,
    });
  });

  it('sends text as it is, and a form with its values encoded', () => {
    expect(plannedRequest(requestFix({ body: 'restart {{ a }}' })).action).toMatchObject({
      body: 'restart x',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
    const form = requestFix({
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'job={{ a }}&who={{ b }}',
    });
    expect(plannedRequest(form, { a: 'x&who=root', b: '1+1' }).action.body).toBe('job=x%26who%3Droot&who=1%2B1');
  });

  it('binds the approval to every part of the request', () => {
    const { action } = plannedRequest(requestFix({ body: { unit: 'x' }, expect: { status: 201 } }));
    const poll = { url: ORIGIN, pointer: '/a', success: ['b'], failure: [], intervalMs: 1 };
    const hashes = [
      action,
      { ...action, method: 'PUT' },
      { ...action, url: `${action.url}/` },
      { ...action, headers: { ...action.headers, 'x-a': 'b' } },
      { ...action, body: '{"unit":"y"}' },
      { ...action, expect: [202] },
      { ...action, poll },
      { ...action, poll: { ...poll, pointer: '/b' } },
      { ...action, timeoutMs: 1 },
    ].map((changed) => hashAction('id', 'target', 'deploy', changed));
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashAction('id', 'target', 'deploy', { ...action })).toBe(hashes[0]);
  });

  it.each([
    ['https://deploy.example.org/units/{{ a }}', { a: '..' }, /would lead out of its place/],
    ['https://deploy.example.org/units/{{ a }}', { a: '.' }, /would lead out of its place/],
    ['https://deploy.example.org/units/{{ a }}/x', { a: '../../admin' }, /would lead out of its place/],
    ['https://deploy.example.org/units/{{ a }}/x', { a: String.raw`..\admin` }, /would lead out of its place/],
    ['https://deploy.example.org/units/.{{ a }}', { a: '.' }, /would lead out of its place/],
    ['https://deploy.example.org/units/%2e{{ a }}', { a: '.' }, /would lead out of its place/],
    ['https://deploy.example.org/units/..{{ a }}', { a: '/x' }, /would lead out of its place/],
    ['https://deploy.example.org/units/{{ a }}', { a: '%2e%2e' }, /^planned$/],
    ['https://deploy.example.org/units/{{ a }}', { a: '...' }, /^planned$/],
    ['https://deploy.example.org/units?u={{ a }}', { a: '../..' }, /^planned$/],
    ['https://deploy.example.org/units/{{ a }}', {}, /labels.a is missing/],
  ])('%s with %j', (url, labels, expected) => {
    expect(refusedRequest(requestFix({ url }), { b: 'y', ...labels })).toMatch(expected);
  });

  it('refuses what cannot stand in a header', () => {
    const fix = requestFix({ headers: { 'X-Unit': '{{ a }}' } });
    expect(refusedRequest(fix, { a: 'a\r\nX-Admin: 1', b: 'y' })).toMatch(/line breaks/);
    expect(refusedRequest(fix, { a: 'naïve', b: 'y' })).toMatch(/cannot stand in a header/);
    expect(refusedRequest(fix, { a: ' a', b: 'y' })).toMatch(/cannot stand in a header/);
  });

  it('refuses a request that holds no parameter of its target', () => {
    expect(refusedRequest(requestFix({}, { target: '{{ a }}' }))).toMatch(/holds no parameter of the target/);
    const poll = { url: `${ORIGIN}/{{ a }}`, pointer: '', success: ['x'] };
    expect(refusedRequest(requestFix({ poll }, { target: '{{ a }}' }))).toMatch(/holds no parameter of the target/);
    for (const part of [{ url: `${ORIGIN}/{{ a }}` }, { headers: { x: '{{ a }}' } }, { body: [{ u: '{{ a }}' }] }])
      expect(refusedRequest(requestFix(part, { target: '{{ a }}' }))).toBe('planned');
  });
});

describe('a request that is written wrongly is never planned', () => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

  it.each<[Record<string, unknown>, RegExp]>([
    [{ url: 'https://{{ a }}.example.org/' }, /host and port may not hold a blank/],
    [{ url: 'https://deploy.example.org:{{ a }}/' }, /host and port may not hold a blank/],
    [{ url: '{{ a }}' }, /not an http\(s\) address/],
    [{ url: 'ftp://deploy.example.org/' }, /not an http\(s\) address/],
    [{ url: 'https://deploy.example.org/#{{ a }}' }, /without a fragment/],
    [{ url: 'https://ada:pw@deploy.example.org/' }, /no name and password/],
    [{ url: 'https://deploy.example.org/%{{ a }}' }, /begins no percent-encoded/],
    [{ url: 'https://deploy.example.org/a b' }, /percent-encode/],
    [{ url: String.raw`https://deploy.example.org\{{ a }}` }, /host and port may not|percent-encode/],
    [{ url: 'https://deploy.example.org/?{{ a }}=1' }, /name of a query parameter/],
    [{ url: 'https://deploy.example.org/?x&{{ a }}' }, /name of a query parameter/],
    [{ url: 'https://deploy.example.org/{{ a | upper }}' }, /a blank holds one name/],
    [{ url: 'https://deploy.example.org/{{ c }}' }, /action.url names c, which/],
    [{ url: 'https://deploy.example.org/{{ labels.a }}' }, /action.url names labels.a, which/],
    [{ url: 'https://deploy.example.org/{{ response.id }}' }, /action.url names response.id, which/],
    [{ headers: { Authorization: 'Bearer x' } }, /a login would stand in the record/],
    [{ headers: { 'X-Api-Key': 'x' } }, /a login would stand in the record/],
    [{ headers: { 'Idempotency-Key': 'x' } }, /set by Tierbell itself/],
    [{ headers: { Host: 'other.example.org' } }, /set by Tierbell itself/],
    [{ headers: { 'X Y': 'x' } }, /not the name of a header/],
    [{ headers: { 'X-{{ a }}': 'x' } }, /not the name of a header/],
    [{ headers: { 'X-Y': 'x\ny' } }, /plain ASCII on one line/],
    [{ headers: { 'X-Y': '{{ c }}' } }, /action.headers.X-Y names c/],
    [{ body: { '{{ a }}': 1 } }, /a key of the body may not hold a blank/],
    [{ body: { x: ['{{ a | b }}'] } }, /body.x.0: a blank holds one name/],
    [{ body: { x: { y: '{{ c }}' } } }, /action.body.x.y names c/],
    [{ body: '{"x":"{{ a }}"}', headers: { 'content-type': 'application/json' } }, /cannot be escaped in a text/],
    [{ body: '<x>{{ a }}</x>', headers: { 'Content-Type': 'application/xml' } }, /cannot be escaped in a text/],
    [{ body: '{{ a }}=1', headers: FORM }, /not a form whose values are blanks/],
    [{ body: 'x=%{{ a }}', headers: FORM }, /not a form whose values are blanks/],
    [{ method: 'GET', body: 'x' }, /a GET carries no body/],
    [{ poll: { url: 'https://{{ a }}/', pointer: '/a', success: ['x'] } }, /poll.url: host and port/],
    [{ poll: { url: 'https://{{ response.host }}/', pointer: '/a', success: ['x'] } }, /poll.url: host and port/],
    [{ poll: { url: ORIGIN, pointer: 'a.b', success: ['x'] } }, /not a JSON pointer/],
  ])('%j', (action, expected) => {
    expect(refusedRequest(requestFix(action))).toMatch(expected);
  });
});

describe('an action on one line', () => {
  it('reads as a person would carry it out', () => {
    expect(describeAction({ kind: 'command', argv: ['/usr/bin/ssh', 'db-1', 'true'], timeoutMs: 1 })).toBe(
      '/usr/bin/ssh db-1 true',
    );
    const poll = { url: `${ORIGIN}/jobs/{{ response.id }}`, pointer: '/state', success: ['done'] };
    const { action } = plannedRequest(requestFix({ body: { unit: '{{ a }}' }, poll }));
    expect(describeAction(action)).toBe(
      `POST ${ORIGIN}/roll-back with {"unit":"x"}, then ${ORIGIN}/jobs/{{ response.id }} is watched`,
    );
  });

  it('leaves out what is named like a secret', () => {
    const url = `${ORIGIN}/build?token=hunter22&job=x`;
    const { action } = plannedRequest(
      requestFix({ url, body: { password: 'hunter22', deep: { api_key: 'hunter22' } } }),
    );
    expect(describeAction(action)).toBe(
      `POST ${ORIGIN}/build?token=[hidden]&job=x with {"password":"[hidden]","deep":{"api_key":"[hidden]"}}`,
    );
    expect(describeAction({ ...action, body: 'secret=hunter22&x=1' })).toMatch(/with secret=\[hidden\]&x=1$/);
  });
});
