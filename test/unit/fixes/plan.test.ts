import { hashAction } from '../../../src/fixes/plan.ts';
import {
  alertOf,
  argvOf,
  commandFix,
  compiledOf,
  EXAMPLE,
  factsWith,
  fakeExecutor,
  planOf,
  reasonsOf,
} from './example-fix.ts';

describe('planning a known fix', () => {
  it('fills action, target, verification and guards of the example', () => {
    expect(planOf()).toMatchObject({
      fix: 'restart-unit',
      title: 'Restart the failed systemd unit',
      mode: 'automatic',
      executor: 'local',
      target: 'db-1',
      targets: ['db-1'],
      action: {
        kind: 'command',
        argv: ['/usr/bin/ssh', 'tierbell@db-1', 'systemctl', 'restart', '--', 'nginx.service'],
        timeoutMs: 60_000,
      },
      verify: {
        query: 'node_systemd_unit_state{instance="db-1:9100",name="nginx.service",state="active"} == 1',
        metrics: null,
        forMs: 300_000,
        timeoutMs: 600_000,
      },
      guards: {
        cooldownMs: 1_800_000,
        maxPerHour: 3,
        maxTargets: 1,
        population: { query: 'count(up{job="node"})', metrics: null },
        precondition: { query: 'up{instance="db-1:9100"} == 1', metrics: null },
      },
    });
  });

  it('gives the same hash for the same action and another for anything else', () => {
    const { hash, action } = planOf();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(planOf().hash).toBe(hash);
    const others = [
      planOf(compiledOf(), factsWith({ name: 'mysql.service' })).hash,
      hashAction('restart-unit', 'db-2', 'local', action),
      hashAction('restart-unit', 'db-1', 'remote', action),
      hashAction('restart-unit', 'db-1', 'local', { ...action, timeoutMs: 1 }),
      hashAction('restart-unit', 'db-1', 'local', {
        kind: 'command',
        timeoutMs: 60_000,
        argv: [...argvOf(planOf()).slice(0, -2), '-- nginx.service'],
      }),
    ];
    expect(new Set([hash, ...others]).size).toBe(6);
  });

  it.each([
    ['a missing label', { name: '' }, /parameter unit: labels.name is missing or empty/],
    [
      'a value that the pattern forbids',
      { name: 'nginx.service; reboot' },
      /"nginx.service; reboot", which the pattern \[a-z/,
    ],
    ['a value with a line break after it', { name: 'nginx.service\n' }, /parameter unit: labels.name is/],
    ['a host that is none', { instance: '-oProxyCommand=x y:1' }, /parameter host: labels.instance is/],
    ['both at once', { name: '', instance: '?' }, /parameter unit.*parameter host/],
  ])('refuses %s, naming parameter and pattern', (_what, labels, expected) => {
    expect(reasonsOf(compiledOf(), factsWith(labels))).toMatch(expected);
  });

  it('shows a hostile value cleaned and cut', () => {
    const reason = reasonsOf(compiledOf(), factsWith({ name: `\u001b[31m\u202e${'x'.repeat(5000)}` }));
    expect(reason.length).toBeLessThan(300);
    // eslint-disable-next-line no-control-regex -- that none is left is what this is about
    expect(reason).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('refuses a value that a person who approves could not see whole', () => {
    const fix = commandFix(['/opt/fix', '{{ v }}'], { v: { from: 'labels.v', pattern: '.*' } });
    for (const value of ['a\nb', 'a\0b', 'a\u200bb', 'a\u202eb', 'a\u2028b', 'a\ud800'])
      expect(reasonsOf(fix, factsWith({ v: value }))).toMatch(/control or invisible characters/);
  });

  it('refuses a pattern whose group `value` took no part', () => {
    const fix = commandFix(['/opt/fix', '{{ v }}'], { v: { from: 'labels.v', pattern: '(?P<value>a*)b|c' } });
    expect(argvOf(planOf(fix, factsWith({ v: 'aab' })))).toEqual(['/opt/fix', 'aa']);
    expect(reasonsOf(fix, factsWith({ v: 'b' }))).toMatch(/the group "value" of .* is empty/);
    expect(reasonsOf(fix, factsWith({ v: 'c' }))).toMatch(/the group "value" of .* is empty/);
  });

  it('reads parameters from annotations and the incident too, never from the prototype', () => {
    const parameters = {
      a: { from: 'annotations.summary', pattern: '.*' },
      b: { from: 'incident.id', pattern: String.raw`INC-\d+` },
    };
    expect(argvOf(planOf(commandFix(['/opt/fix', '{{a}}', '{{ b }}'], parameters)))).toEqual([
      '/opt/fix',
      'nginx is down',
      'INC-7',
    ]);
    const proto = commandFix(['/opt/fix', '{{a}}'], { a: { from: 'labels.constructor', pattern: '.*' } });
    expect(reasonsOf(proto)).toMatch(/labels.constructor is missing/);
  });

  it('never reads what it put in as a template again', () => {
    const parameters = {
      a: { from: 'labels.a', pattern: '.*' },
      b: { from: 'labels.b', pattern: '.*' },
    };
    const fix = commandFix(['/opt/fix', '{{ a }}{{ b }}'], parameters);
    expect(argvOf(planOf(fix, factsWith({ a: '{{ b }} $& $1', b: 'x' })))).toEqual(['/opt/fix', '{{ b }} $& $1x']);
  });
});

describe('options and shells', () => {
  const any = { v: { from: 'labels.v', pattern: '.*' } };

  it('refuses a whole argument that an option could be, unless it stands after --', () => {
    expect(reasonsOf(commandFix(['/opt/fix', '{{ v }}'], any), factsWith({ v: '--all' }))).toMatch(
      /take for an option/,
    );
    expect(argvOf(planOf(commandFix(['/opt/fix', '--', '{{ v }}'], any), factsWith({ v: '--all' })))[2]).toBe('--all');
    expect(argvOf(planOf(commandFix(['/opt/fix', '--unit={{ v }}'], any), factsWith({ v: '-x' })))[1]).toBe(
      '--unit=-x',
    );
  });

  it('refuses a fix that would let an alert choose the option', () => {
    expect(reasonsOf(commandFix(['/opt/fix', '-{{ v }}'], any), factsWith({ v: 'x' }))).toMatch(/choose an option/);
  });

  it.each([
    'x; reboot',
    'x y',
    '$(reboot)',
    '`reboot`',
    'x|y',
    "x'",
    'x"',
    'x>y',
    '~root',
    '-x',
    '=ls',
    '*',
    '{a,b}',
    '!!',
  ])('refuses %p where ssh would pass it to a shell, whatever the pattern allows', (v) => {
    const remote = commandFix(['/usr/bin/ssh', 'db-1', 'systemctl', 'restart', '--', '{{ v }}'], any);
    const wrapped = commandFix(['/usr/bin/timeout', '5', 'sh', '-c', 'echo {{ v }}'], any);
    expect(reasonsOf(remote, factsWith({ v }))).toMatch(/a shell may act upon/);
    expect(reasonsOf(wrapped, factsWith({ v }))).toMatch(/a shell may act upon/);
    if (!v.startsWith('-'))
      expect(argvOf(planOf(commandFix(['/opt/fix', '{{ v }}'], any), factsWith({ v })))[1]).toBe(v);
  });

  it.each([
    [['{{ v }}', 'x'], /must begin with the absolute path/],
    [['fix', '{{ v }}'], /must begin with the absolute path/],
    [['/opt/{{ v }}'], /must begin with the absolute path/],
    [['/opt/fix', '{{ w }}'], /names w, which action.parameters does not declare/],
    [['/opt/fix', '{{ labels.v }}'], /names labels.v, which/],
    [['/opt/fix', '{{ v | upper }}'], /a blank holds one name/],
  ])('refuses the argv %j', (argv, expected) => {
    expect(reasonsOf(commandFix(argv, any), factsWith({ v: 'x' }))).toMatch(expected);
  });
});

describe('targets', () => {
  it('counts what the target renders to, over every alert that fires', () => {
    const firing = [
      alertOf(),
      alertOf({ instance: 'db-1:9200' }),
      alertOf({ instance: 'db-2:9100' }),
      alertOf({ instance: '?' }),
    ];
    expect(planOf(compiledOf(), factsWith({}, { firing })).targets).toEqual(['db-1', 'db-2', '(untold 4)']);
  });

  it.each([
    ['nothing fires', { firing: [] }, /no alert of the incident fires/],
    [
      'its own alert is quiet and another fires',
      { firing: [alertOf({ instance: 'db-9:1' })] },
      /db-1 does not fire any more/,
    ],
    ['the sender left alerts out', { hidden: 3 }, /left out 3 alerts/],
  ])('refuses where %s', (_what, more, expected) => {
    expect(reasonsOf(compiledOf(), factsWith({}, more))).toMatch(expected);
  });

  it('refuses a command that holds no parameter of the target', () => {
    const fix = compiledOf({ action: { ...EXAMPLE.action, argv: ['/usr/bin/systemctl', 'restart', '{{ unit }}'] } });
    expect(reasonsOf(fix)).toMatch(/holds no parameter of the target/);
  });
});

describe('executors', () => {
  const nameless = compiledOf({ executor: undefined });

  it('takes the only one that serves the alert and the kind', () => {
    const others = [
      fakeExecutor({ name: 'k8s', kind: 'kubernetes' }),
      fakeExecutor({ name: 'far', serves: () => false }),
    ];
    expect(reasonsOf(nameless, factsWith(), [...others, fakeExecutor()])).toBe('planned');
    expect(reasonsOf(nameless, factsWith(), others)).toMatch(/no executor serves this alert/);
  });

  it('refuses to choose between two', () => {
    expect(reasonsOf(nameless, factsWith(), [fakeExecutor(), fakeExecutor({ name: 'b' })])).toMatch(
      /local, b could all run it/,
    );
    expect(reasonsOf(compiledOf(), factsWith(), [fakeExecutor(), fakeExecutor({ name: 'b' })])).toBe('planned');
  });

  it('refuses a named one that is missing or does not serve the alert', () => {
    expect(reasonsOf(compiledOf(), factsWith(), [fakeExecutor({ name: 'b' })])).toMatch(
      /the executor local is not there/,
    );
    expect(reasonsOf(compiledOf(), factsWith(), [fakeExecutor({ serves: () => false })])).toMatch(/the executor local/);
  });

  it('refuses what the executor refuses', () => {
    expect(reasonsOf(compiledOf(), factsWith(), [fakeExecutor({ refuses: () => 'not allowed here' })])).toBe(
      'not allowed here',
    );
  });
});
