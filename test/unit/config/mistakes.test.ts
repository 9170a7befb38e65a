import { FIX, MAIN, POLICY, problemsOf, replaced } from './files.ts';

/** A mistake in the main file: what is replaced by what, and the whole line that the operator reads. */
const IN_MAIN: readonly (readonly [string, string, string, string])[] = [
  [
    'a wrong key',
    'fallback:',
    'groupping: {}\nfallback:',
    'etc/main.yaml:14:1: groupping: unknown key, found `groupping`, allowed mode, sources, logs, executors, metrics, providers, channels, people, teams, owners, classification, priority, grouping, flap, resolution, retention, fallback, shadow, rule_files; did you mean `grouping`?',
  ],
  [
    'a missing key',
    'name: ada, channels',
    'channels',
    'etc/main.yaml:10:5: people[0].name: `name` is missing, allowed text',
  ],
  [
    'a missing section',
    'fallback: { notify: [mail] }\n',
    '',
    'etc/main.yaml:1:1: fallback: `fallback` is missing, allowed a map',
  ],
  [
    'a wrong type',
    'notify: [mail]',
    'notify: mail',
    'etc/main.yaml:14:21: fallback.notify: wrong type, found `mail`, allowed a list',
  ],
  [
    'an unknown kind',
    'kind: alertmanager',
    'kind: alertmanger',
    'etc/main.yaml:2:33: sources[0].kind: unknown value, found `alertmanger`, allowed alertmanager, grafana, prometheus, change; did you mean `alertmanager`?',
  ],
  [
    'no kind at all',
    ', kind: alertmanager',
    '',
    'etc/main.yaml:2:5: sources[0].kind: `kind` is missing, allowed alertmanager, grafana, prometheus, change',
  ],
  [
    'a recipient that is no mail address',
    'to: [b@example.org]',
    'to: [b-example.org]',
    'etc/main.yaml:8:88: channels[0].to[0]: wrong form, found `b-example.org`, allowed a mail address such as l2@example.org',
  ],
  [
    'a wrong key within one kind',
    'from: a@example.org',
    'form: a@example.org, from: a@example.org',
    'etc/main.yaml:8:62: channels[0].form: unknown key, found `form`, allowed name, kind, smtp_url, from, to, observe, tls_config; did you mean `from`?',
  ],
  [
    'a matcher that is none',
    'kind: alertmanager }',
    "kind: alertmanager, heartbeat: { matchers: ['alertname'] } }",
    'etc/main.yaml:2:71: sources[0].heartbeat.matchers[0]: not a matcher, found `alertname`, allowed a matcher such as severity="critical" or job=~"node.*"',
  ],
  [
    'a matcher whose expression does not compile',
    'kind: alertmanager }',
    'kind: alertmanager, heartbeat: { matchers: [\'a=~"(b"\'] } }',
    'etc/main.yaml:2:71: sources[0].heartbeat.matchers[0]: not a linear-time regular expression (RE2): missing closing ), found `a=~"(b"`, allowed a matcher such as severity="critical" or job=~"node.*"',
  ],
  [
    'a duration that is none',
    'fallback:',
    'flap: { settle: 15 minutes }\nfallback:',
    'etc/main.yaml:14:17: flap.settle: not a duration, found `15 minutes`, allowed a duration such as 30s, 5m, 1h30m or 24h',
  ],
  [
    'a duration without a unit',
    'fallback:',
    'flap: { settle: 15 }\nfallback:',
    'etc/main.yaml:14:17: flap.settle: wrong type, found 15, allowed a duration such as 30s, 5m, 1h30m or 24h',
  ],
  [
    'a size that is none',
    'kind: alertmanager }',
    'kind: alertmanager, max_body: 5 megs }',
    'etc/main.yaml:2:57: sources[0].max_body: not a size, found `5 megs`, allowed a size such as 512kB, 32MB or 8MiB',
  ],
  [
    'one of several shapes',
    'fallback:',
    'resolution: { keep_open: [{ levl: 3 }] }\nfallback:',
    'etc/main.yaml:14:29: resolution.keep_open[0].levl: unknown key, found `levl`, allowed category, level; did you mean `level`?',
  ],
  [
    'a value within one of several shapes',
    'fallback:',
    'resolution: { keep_open: [{ category: network-dwontime }] }\nfallback:',
    'etc/main.yaml:14:39: resolution.keep_open[0].category: unknown value, found `network-dwontime`, allowed software-installation-failure, network-downtime, data-security-breach, cloud-service-interruption, other; did you mean `network-downtime`?',
  ],
  [
    'a channel that does not exist',
    'name: level2, channels: [mail]',
    'name: level2, channels: [mial]',
    'etc/main.yaml:13:32: teams[0].channels[0]: no such channel, found `mial`, allowed mail; did you mean `mail`?',
  ],
  [
    'a fallback that does not exist',
    'notify: [mail]',
    'notify: [levle2]',
    'etc/main.yaml:14:22: fallback.notify[0]: no such team, person or channel, found `levle2`, allowed level2, ada, bob, mail; did you mean `level2`?',
  ],
  [
    'a fallback that reaches nobody',
    'notify: [mail]',
    'notify: [bob]',
    'etc/main.yaml:14:22: fallback.notify[0]: nobody can be reached this way, found `bob`; give that person `channels`',
  ],
  [
    'a name that is taken by another kind of recipient',
    'name: bob',
    'name: mail',
    'etc/main.yaml:11:13: people[1].name: this name is taken, found `mail`; the other one stands at etc/main.yaml:8:13',
  ],
  [
    'a rule file that is missing',
    '[rules.yaml]',
    '[rules.yaml, more.yaml]',
    'etc/main.yaml:15:26: rule_files[1]: no such file, found `more.yaml`; looked for etc/more.yaml',
  ],
  [
    'rules in the main file',
    'fallback:',
    'known_fixes: []\nfallback:',
    'etc/main.yaml:14:1: known_fixes: unknown key, found `known_fixes`, allowed mode, sources, logs, executors, metrics, providers, channels, people, teams, owners, classification, priority, grouping, flap, resolution, retention, fallback, shadow, rule_files; it belongs into a file of its own, named under `rule_files`',
  ],
  [
    'a retention in which work may still be under way',
    'fallback:',
    'retention: { deliveries: 5m }\nfallback:',
    'etc/main.yaml:14:26: retention.deliveries: too short, found `5m`, allowed at least 1h, such as 14d',
  ],
  [
    'a retention of incidents, which is not built',
    'fallback:',
    'retention: { incidents: 730d }\nfallback:',
    'etc/main.yaml:14:14: retention.incidents: `incidents` is not built yet in this version; take it out',
  ],
  [
    'a section that is not built',
    'fallback:',
    'schedules: [{ name: week }]\nfallback:',
    'etc/main.yaml:14:1: schedules: `schedules` is not built yet in this version; take it out',
  ],
  [
    'a kind that is not built',
    'kind: email',
    'kind: teams',
    'etc/main.yaml:8:25: channels[0].kind: `teams` is not built yet in this version; take it out',
  ],
  [
    'Slack without a token',
    'channels:\n',
    'channels:\n  - { name: chat, kind: slack, channel: C0123 }\n',
    'etc/main.yaml:8:5: channels[0]: the token is missing, found a map, allowed `token_file`, or `token`',
  ],
  [
    'Slack with its token given twice',
    'channels:\n',
    'channels:\n  - { name: chat, kind: slack, token: xoxb-1, token_file: /t, channel: C0123 }\n',
    'etc/main.yaml:8:39: channels[0].token: given twice, found a hidden value, allowed one of `token` and `token_file`',
  ],
  [
    'a channel of Slack by its name',
    'channels:\n',
    "channels:\n  - { name: chat, kind: slack, token_file: /t, channel: '#ops' }\n",
    'etc/main.yaml:8:57: channels[0].channel: wrong form, found `#ops`, allowed the id of a channel such as C0123ABCD (at the end of its details in Slack)',
  ],
  [
    'a member of Slack by name',
    'name: ada,',
    'name: ada, slack: ada,',
    'etc/main.yaml:10:25: people[0].slack: wrong form, found `ada`, allowed the id of a member such as U0123ABCD (in the profile in Slack, under "More")',
  ],
  [
    'a key that stands twice',
    'fallback:',
    'rule_files: []\nfallback:',
    'etc/main.yaml:16:1: this key stands here twice; keep one of them',
  ],
  [
    'a tab as indentation',
    '  - { name: ada',
    '\t- { name: ada',
    'etc/main.yaml:10:1: not YAML: a tab as indentation; indent with spaces',
  ],
  [
    'a bracket that is not closed',
    '[mail] }\nrule_files: [rules.yaml]',
    '[mail }\nrule_files: [rules.yaml]',
    'etc/main.yaml:14:27: not YAML: a ] is missing before this; each [ ends with ], each { with }',
  ],
  [
    'a quote that is not closed, where it was opened',
    "'smtp://127.0.0.1'",
    "'smtp://127.0.0.1",
    'etc/main.yaml:8:42: not YAML: a quote that is opened here is never closed; close it, or take it out',
  ],
  [
    'a line that is indented less than its like',
    'fallback: {',
    'priority:\n  matrix: { high: { high: P1 } }\n more: 1\nfallback: {',
    'etc/main.yaml:16:1: not YAML: indented otherwise than what it belongs to; begin it right below the key before it',
  ],
  [
    'a line that is indented more than its like',
    'fallback: {',
    'mode: notify\n  shadow: { rules: next/ }\nfallback: {',
    'etc/main.yaml:15:3: not YAML: indented otherwise than what it belongs to; begin it right below the key before it',
  ],
  [
    'a key without a space behind its colon',
    'fallback: {',
    'mode:notify\nfallback: {',
    'etc/main.yaml:14:1: not YAML: no key and value on this line; a key is followed by a colon and a space',
  ],
  [
    'a value that begins with a reserved character',
    'fallback: {',
    'mode: @notify\nfallback: {',
    'etc/main.yaml:14:7: not YAML: a value cannot begin with this character; quote the value',
  ],
  [
    'two colons on a line',
    'fallback: {',
    'mode: full: notify\nfallback: {',
    'etc/main.yaml:14:7: not YAML: a second colon on this line; quote a value that holds ": "',
  ],
  [
    'a variable without quotes within braces',
    "'smtp://127.0.0.1'",
    '${SMTP}',
    'etc/main.yaml:8:43: not YAML: a variable without quotes; write "${NAME}" with quotes within { }',
  ],
  [
    'a second document',
    'fallback:',
    '---\nfallback:',
    'etc/main.yaml:14:1: a second document begins here; split the file at ---',
  ],
  [
    'a tag',
    'notify: [mail] }',
    'notify: !env [mail] }',
    'etc/main.yaml:14:21: tags (!name) are not known here; take the tag out, or quote the value',
  ],
  [
    'an alias without an anchor',
    'notify: [mail]',
    'notify: *nobody',
    'etc/main.yaml:14:21: an alias without an anchor before it',
  ],
  [
    'an alias within its own anchor',
    'notify: [mail]',
    'notify: &loop [*loop]',
    'etc/main.yaml:14:28: an alias within its own anchor',
  ],
  [
    'a variable that is not set',
    "'smtp://127.0.0.1'",
    "'${SMTP_URL}'",
    'etc/main.yaml:8:42: the environment has no SMTP_URL; set it, or write ${SMTP_URL:-default}',
  ],
  [
    'a variable that is misspelt',
    "'smtp://127.0.0.1'",
    "'${SMTP-URL}'",
    'etc/main.yaml:8:42: not a variable; write ${NAME} or ${NAME:-default}, and $${ for a plain ${',
  ],
];

/** The same for the rule file that holds one fix and one policy. */
const IN_RULES: readonly (readonly [string, string, string, string])[] = [
  [
    'a wrong key in a step',
    'ack_timeout',
    'ack_timout',
    'etc/rules.yaml:15:39: escalation_policies[0].steps[0].ack_timout: unknown key, found `ack_timout`, allowed level, notify, ack_timeout, inform, requires_approval; did you mean `ack_timeout`?',
  ],
  [
    'a duration of one priority',
    'ack_timeout: 15m',
    'ack_timeout: { P1: soon, P2: off }',
    'etc/rules.yaml:15:58: escalation_policies[0].steps[0].ack_timeout.P1: wrong value, found `soon`, allowed off or false or a duration such as 30s, 5m, 1h30m or 24h',
  ],
  [
    'a priority that does not exist',
    'ack_timeout: 15m',
    'ack_timeout: { P7: 5m }',
    'etc/rules.yaml:15:54: escalation_policies[0].steps[0].ack_timeout.P7: unknown key, found `P7`, allowed P1, P2, P3, P4; did you mean `P1`?',
  ],
  [
    'a level that does not exist',
    'level: 3',
    'level: 4',
    'etc/rules.yaml:16:18: escalation_policies[0].steps[1].level: unknown value, found 4, allowed 1, 2, 3, x',
  ],
  [
    'a level that falls',
    'level: 3',
    'level: 1',
    'etc/rules.yaml:16:18: escalation_policies[0].steps[1].level: the levels of a policy may not fall, found 1, allowed level 2 or a higher one',
  ],
  [
    'a recipient that does not exist',
    '[ada]',
    '[eda]',
    'etc/rules.yaml:16:30: escalation_policies[0].steps[1].notify[0]: no such team, person or channel, found `eda`, allowed level2, ada, bob, mail; did you mean `ada`?',
  ],
  [
    'an owner where nobody ever owns anything',
    '[ada]',
    '[owner.level3]',
    'etc/rules.yaml:16:30: escalation_policies[0].steps[1].notify[0]: `owner.level3` means the team that owns the incident, and there are no `owners`; add `owners` to the main file, or name a team, person or channel',
  ],
  [
    'a source that does not exist',
    'sources: [alertmanager]',
    'sources: [alertmanger]',
    'etc/rules.yaml:4:61: known_fixes[0].applies_to.sources[0]: no such source, found `alertmanger`, allowed alertmanager; did you mean `alertmanager`?',
  ],
  [
    'a fix for everything',
    'categories: [network-downtime], ',
    '',
    'etc/rules.yaml:4:5: known_fixes[0].applies_to: it does not say which incidents it is for, allowed `categories`, `matchers` or both',
  ],
  [
    'an executor that does not exist',
    "    target: '{{ host }}'",
    "    executor: locla\n    target: '{{ host }}'",
    'etc/rules.yaml:5:15: known_fixes[0].executor: no such executor, found `locla`, allowed local; did you mean `local`?',
  ],
  [
    'a metrics source that does not exist',
    'kind: promql,',
    'kind: promql, metrics: pram,',
    'etc/rules.yaml:11:38: known_fixes[0].verify.metrics: no such metrics source, found `pram`, allowed prom; did you mean `prom`?',
  ],
  [
    'a program outside the allow list',
    '/usr/bin/ssh',
    '/bin/sh',
    'etc/rules.yaml:8:14: known_fixes[0].action.argv[0]: executor local does not allow this program, found `/bin/sh`, allowed /usr/bin/ssh, /opt/fixes/',
  ],
  [
    'a program that climbs out of the allowed folder',
    '/usr/bin/ssh',
    '/opt/fixes/../../bin/sh',
    'etc/rules.yaml:8:14: known_fixes[0].action.argv[0]: not a program, found `/opt/fixes/../../bin/sh`, allowed an absolute path without . and ..',
  ],
  [
    'a program without its path',
    '/usr/bin/ssh',
    'ssh',
    'etc/rules.yaml:8:14: known_fixes[0].action.argv[0]: not a program, found `ssh`, allowed an absolute path without . and ..',
  ],
  [
    'a program that an alert would choose',
    '/usr/bin/ssh,',
    "'/opt/fixes/{{ host }}',",
    'etc/rules.yaml:8:14: known_fixes[0].action.argv[0]: the program may not hold a blank, found `/opt/fixes/{{ host }}`; name the file itself',
  ],
  [
    'alert text in a command',
    "'{{ host }}', restart",
    "'{{ host }}', '{{ labels.name }}'",
    'etc/rules.yaml:8:42: known_fixes[0].action.argv[2]: `{{ labels.name }}` would put alert text into a command unchecked, found `{{ labels.name }}`, allowed host; add a parameter with `from: labels.name` and a pattern, and name that',
  ],
  [
    'a blank that is no parameter',
    "'{{ host }}', restart",
    "'{{ host }}', '{{ hots }}'",
    'etc/rules.yaml:8:42: known_fixes[0].action.argv[2]: `{{ hots }}` is no parameter of this fix, found `{{ hots }}`, allowed host; did you mean `host`?',
  ],
  [
    'a blank with an expression',
    "'{{ host }}', restart",
    "'{{ host }}', '{{ host | upper }}'",
    'etc/rules.yaml:8:42: known_fixes[0].action.argv[2]: a blank holds one name and nothing else, found `{{ host | upper }}`; write {{ name }}',
  ],
  [
    'an unknown blank in a query',
    'labels.instance }}"}',
    'unit }}"}',
    'etc/rules.yaml:11:36: known_fixes[0].verify.query: `{{ unit }}` is no parameter of this fix, found `up{instance="{{ unit }}"}`, allowed host, labels.NAME, annotations.NAME; declare `unit` under `parameters`',
  ],
  [
    'a command that names no target',
    "'{{ host }}', restart",
    'restart',
    'etc/rules.yaml:8:7: known_fixes[0].action.argv: no parameter of the target stands in argv, so it would run on the bridge itself; name the target in argv, or say `runs_on: bridge`',
  ],
  [
    'a target that is not what the command acts on',
    "target: '{{ host }}'",
    "target: '{{ labels.cluster }}'",
    'etc/rules.yaml:8:7: known_fixes[0].action.argv: no parameter of the target stands in argv, so it would run on the bridge itself; name the target in argv, or say `runs_on: bridge`',
  ],
  [
    'a pattern that needs backtracking',
    "'[a-z]+'",
    "'(?=a)b'",
    'etc/rules.yaml:10:49: known_fixes[0].action.parameters.host.pattern: not a linear-time regular expression (RE2): invalid or unsupported Perl syntax, found `(?=a)b`, allowed an expression of RE2: no look-around, no back references',
  ],
  [
    'a verification that gives up too early',
    'kind: promql,',
    'kind: promql, for: 10m, timeout: 5m,',
    'etc/rules.yaml:11:48: known_fixes[0].verify.timeout: verification would give up before it could succeed, found `5m`, allowed at least as long as `for`',
  ],
  [
    'an action that is not built',
    'kind: command',
    'kind: awx',
    'etc/rules.yaml:7:13: known_fixes[0].action.kind: `awx` is not built yet in this version; take it out',
  ],
  [
    'a section of rules that is not built',
    'escalation_policies:',
    'communications: []\nescalation_policies:',
    'etc/rules.yaml:12:1: communications: `communications` is not built yet in this version; take it out',
  ],
  [
    'a section of the main file',
    'escalation_policies:',
    'teams: []\nescalation_policies:',
    'etc/rules.yaml:12:1: teams: unknown key, found `teams`, allowed categories, known_fixes, escalation_policies, procedures, services; it belongs into the main file',
  ],
];

describe('a mistake is told with its place, what was found, what is allowed and the next step', () => {
  it('and there is none in the examples themselves', async () => {
    expect(await problemsOf({ rules: FIX + POLICY })).toEqual([]);
  });

  it.each(IN_MAIN)('main file: %s', async (_name, from, to, line) => {
    const main = replaced(MAIN, from, to);
    expect(await problemsOf({ main })).toContain(line);
    expectFoundAtPlace(main, line);
  });

  it.each(IN_RULES)('rule file: %s', async (_name, from, to, line) => {
    const rules = replaced(FIX + POLICY, from, to);
    expect(await problemsOf({ rules })).toContain(line);
    expectFoundAtPlace(rules, line);
  });
});

/** Guards the table itself: what a line says was found must stand where it says. */
function expectFoundAtPlace(text: string, line: string): void {
  const [, row, column, found] = /^[^:]+:(\d+):(\d+): .*, found `(.*?)`/.exec(line) ?? [];
  if (found === undefined) return;
  const rest = text.split('\n')[Number(row) - 1]?.slice(Number(column) - 1) ?? '';
  expect(rest.replace(/^'/, '').slice(0, found.length)).toBe(found);
}
