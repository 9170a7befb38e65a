import { MAIN, POLICY, problemsOf, replaced } from './files.ts';

const WITH_DEPLOY = replaced(
  MAIN,
  'channels:',
  "  - { name: deploy, kind: http, allow: ['https://deploy.example.org'], auth: { bearer_token: tok-1234 } }\nchannels:",
);

const FIX = `known_fixes:
  - id: roll-back
    title: Roll it back
    applies_to: { categories: [network-downtime], sources: [alertmanager] }
    target: '{{ service }}'
    action:
      kind: http
      url: https://deploy.example.org/roll-back/{{ service }}
      headers: { X-Reason: alert }
      body: { by: tierbell, unit: ['{{ service }}'] }
      parameters:
        service: { from: labels.service, pattern: '[a-z]+' }
        host: { from: labels.instance, pattern: '[a-z]+' }
      expect: { status: [200, 202] }
      poll: { url: 'https://deploy.example.org/jobs/{{ response.id }}', pointer: /state, success: [done] }
    verify: { kind: http, url: 'https://{{ host }}.example.org/health', contains: ok }
`;

const IN_FIX: readonly (readonly [string, string, string, string])[] = [
  [
    'an origin that is not allowed',
    'url: https://deploy.example.org/',
    'url: https://deploy.example.com/',
    'etc/rules.yaml:8:12: known_fixes[0].action.url: executor deploy does not allow this origin, found `https://deploy.example.com/roll-back/{{ service }}`, allowed https://deploy.example.org',
  ],
  [
    'an origin that is not allowed for following it',
    "'https://deploy.example.org/jobs",
    "'http://deploy.example.org/jobs",
    'etc/rules.yaml:15:20: known_fixes[0].action.poll.url: executor deploy does not allow this origin, found `http://deploy.example.org/jobs/{{ response.id }}`, allowed https://deploy.example.org',
  ],
  [
    'a host that an alert would choose',
    'url: https://deploy.example.org/roll',
    'url: https://{{ host }}/roll',
    'etc/rules.yaml:8:12: known_fixes[0].action.url: host and port may not hold a blank, found `https://{{ host }}/roll-back/{{ service }}`; write them out, and allow them at the executor',
  ],
  [
    'alert text in an address',
    'roll-back/{{ service }}',
    'roll-back/{{ labels.service }}',
    'etc/rules.yaml:8:12: known_fixes[0].action.url: `{{ labels.service }}` would put alert text into it unchecked, found `https://deploy.example.org/roll-back/{{ labels.service }}`, allowed service, host; add a parameter with `from: labels.service` and a pattern, and name that',
  ],
  [
    'a blank of the body that is no parameter',
    "['{{ service }}']",
    "['{{ servcie }}']",
    'etc/rules.yaml:10:36: known_fixes[0].action.body.unit[0]: `{{ servcie }}` is no parameter of this fix, found `{{ servcie }}`, allowed service, host; did you mean `service`?',
  ],
  [
    'a login in a header',
    'X-Reason: alert',
    'Authorization: Bearer hunter22',
    'etc/rules.yaml:9:33: known_fixes[0].action.headers.Authorization: a login would stand in the record of every attempt, found a hidden value; put it into auth of the executor',
  ],
  [
    'a pointer that is none',
    'pointer: /state',
    'pointer: state',
    'etc/rules.yaml:15:82: known_fixes[0].action.poll.pointer: not a JSON pointer, found `state`; write /status or /job/state',
  ],
  [
    'a status that is none',
    'status: [200, 202]',
    'status: [200, 20]',
    'etc/rules.yaml:14:31: known_fixes[0].action.expect.status[1]: too small, found 20, allowed at least 200',
  ],
  [
    'a target that the request does not name',
    "target: '{{ service }}'",
    "target: '{{ host }}'",
    'etc/rules.yaml:5:13: known_fixes[0].target: the request holds no parameter of the target, so lock and caps would guard something else, found `{{ host }}`; put a parameter of the target into its url, headers or body',
  ],
  [
    'a host of a probe that is unchecked',
    'https://{{ host }}.example.org/health',
    'https://{{ labels.instance }}/health',
    'etc/rules.yaml:16:32: known_fixes[0].verify.url: the host may not come from labels.instance unchecked, found `https://{{ labels.instance }}/health`; name a parameter with a pattern',
  ],
  [
    'a host of a probe whose pattern lets too much pass',
    "instance, pattern: '[a-z]+'",
    "instance, pattern: '.+'",
    String.raw`etc/rules.yaml:16:32: known_fixes[0].verify.url: the pattern of host admits a/b, which is no host to dial, found ${'`https://{{ host }}.example.org/health`'}; tighten it, such as [a-z][a-z0-9-]*\.example\.org`,
  ],
  [
    'a wrong key of a probe',
    'contains: ok',
    'contain: ok',
    'etc/rules.yaml:16:73: known_fixes[0].verify.contain: unknown key, found `contain`, allowed kind, url, status, contains, tls_config, headers, for, timeout; did you mean `contains`?',
  ],
  [
    'a probe that is not built',
    'verify: { kind: http,',
    'verify: { kind: logs, query: x,',
    'etc/rules.yaml:16:21: known_fixes[0].verify.kind: `logs` is not built yet in this version; take it out',
  ],
  [
    'an executor of another kind',
    "    target: '{{ service }}'",
    "    executor: local\n    target: '{{ service }}'",
    'etc/rules.yaml:5:15: known_fixes[0].executor: no such executor, found `local`, allowed deploy',
  ],
];

const IN_MAIN: readonly (readonly [string, string, string, string])[] = [
  [
    'an origin with a path',
    "'https://deploy.example.org'",
    "'https://deploy.example.org/api'",
    'etc/main.yaml:7:41: executors[1].allow[0]: an origin has no path, query or login, found `https://deploy.example.org/api`, allowed an origin such as https://deploy.example.org',
  ],
  [
    'an origin that is never dialled',
    "'https://deploy.example.org'",
    "'http://169.254.169.254'",
    'etc/main.yaml:7:41: executors[1].allow[0]: a link-local or metadata address is never dialled, found `http://169.254.169.254`, allowed an origin such as https://deploy.example.org',
  ],
  [
    'two logins',
    'bearer_token: tok-1234',
    'bearer_token: tok-1234, bearer_token_file: /x',
    'etc/main.yaml:7:78: executors[1].auth: wrong value, found a map, allowed one of bearer_token, bearer_token_file, basic, header',
  ],
  [
    'a login whose header has no value',
    'bearer_token: tok-1234',
    'header: { name: PRIVATE-TOKEN }',
    'etc/main.yaml:7:88: executors[1].auth.header: wrong value, found a map, allowed the secret or its file, one of them',
  ],
];

describe('a mistake in a fix over HTTP is told with its place', () => {
  it('and there is none in the example itself', async () => {
    expect(await problemsOf({ main: WITH_DEPLOY, rules: FIX + POLICY })).toEqual([]);
  });

  it.each(IN_FIX)('%s', async (_name, from, to, line) => {
    const problems = await problemsOf({ main: WITH_DEPLOY, rules: replaced(FIX + POLICY, from, to) });
    expect(problems).toContain(line);
    expect(problems.join()).not.toContain('hunter22');
  });

  it.each(IN_MAIN)('%s', async (_name, from, to, line) => {
    const problems = await problemsOf({ main: replaced(WITH_DEPLOY, from, to), rules: FIX + POLICY });
    expect(problems).toContain(line);
    expect(problems.join()).not.toContain('tok-1234');
  });
});
