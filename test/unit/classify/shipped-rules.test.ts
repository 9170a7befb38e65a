import { shippedModel } from '../../../src/category-model.ts';
import { compileClassifier } from '../../../src/classify/classifier.ts';
import type { AlertFacts } from '../../../src/classify/facts.ts';
import { shippedRules } from '../../../train/corpus.ts';
import { facts, named } from './helpers.ts';

const rules = shippedRules();
const classifier = compileClassifier(rules, { model: shippedModel });

const CASES: readonly (readonly [string, AlertFacts, string])[] = [
  ['a crash loop', named('KubePodCrashLooping'), 'software-installation-failure'],
  ['a rollout that is stuck', named('KubeDeploymentRolloutStuck'), 'software-installation-failure'],
  [
    'an image that cannot be pulled',
    facts({ alertname: 'PodWaiting', reason: 'ImagePullBackOff' }),
    'software-installation-failure',
  ],
  ['a configuration that was not taken', named('AlertmanagerFailedReload'), 'software-installation-failure'],
  ['a failed unit', named('SystemdUnitFailed'), 'software-installation-failure'],
  ['a Helm release that failed', named('FluxHelmReleaseFailed'), 'software-installation-failure'],
  ['Puppet that fails', named('PuppetAgentFailed'), 'software-installation-failure'],
  [
    'DNS that fails',
    named('CoreDNSErrorsHigh', { annotations: { summary: 'CoreDNS returns SERVFAIL' } }),
    'network-downtime',
  ],
  ['a flapping interface', named('NodeNetworkInterfaceFlapping'), 'network-downtime'],
  ['a BGP session', named('BGPSessionDown'), 'network-downtime'],
  ['a ping probe', facts({ alertname: 'ProbeFailed', module: 'icmp', job: 'blackbox' }), 'network-downtime'],
  ['a ping probe by its job', facts({ alertname: 'BlackboxProbeFailed', job: 'blackbox-icmp' }), 'network-downtime'],
  [
    'packet loss',
    named('HighPacketLoss', { annotations: { summary: '12% packet loss to the gateway' } }),
    'network-downtime',
  ],
  [
    'Falco',
    facts({ alertname: 'Terminal shell in container', source: 'syscall', tags: 'container,shell,mitre_execution' }),
    'data-security-breach',
  ],
  [
    'brute force',
    named('SSHBruteForce', { annotations: { summary: '140 failed logins from one address' } }),
    'data-security-breach',
  ],
  [
    'CrowdSec',
    named('CrowdSecDecisions', { annotations: { summary: 'CrowdSec banned 40 addresses for an attack' } }),
    'data-security-breach',
  ],
  [
    'Wazuh',
    facts({ alertname: 'Wazuh rule 5712', groups: 'syslog,sshd,authentication_failures,pci_dss_11.4,' }),
    'data-security-breach',
  ],
  ['an expiring certificate', named('KubeClientCertificateExpiration'), 'data-security-breach'],
  [
    'a target that is down',
    named('TargetDown', { expression: '100 * count(up == 0) / count(up) > 10' }),
    'cloud-service-interruption',
  ],
  ['a node that is not ready', named('KubeNodeNotReady'), 'cloud-service-interruption'],
  ['an HTTP probe', facts({ alertname: 'ProbeFailed', module: 'http_2xx' }), 'cloud-service-interruption'],
  ['an error budget', named('KubeAPIErrorBudgetBurn'), 'cloud-service-interruption'],
  ['a database without a leader', named('PatroniHasNoLeader'), 'cloud-service-interruption'],
  ['errors of a load balancer', named('AwsAlbHigh5xxErrorRate'), 'cloud-service-interruption'],
  ['a full disk', named('NodeFilesystemSpaceFillingUp'), 'other'],
  ['a busy CPU', named('HostHighCpuLoad'), 'other'],
  ['a hot machine', named('IpmiTemperatureHigh'), 'other'],
  ['the dead man’s switch', named('Watchdog', { expression: 'up == 0' }), 'other'],
  ['a backup that failed', named('VeleroBackupFailed'), 'other'],
];

describe('the shipped category rules', () => {
  it('have ids that are unique', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  });

  it.each(CASES)('know %s', (_what, given, category) => {
    const verdict = classifier.classify(given);
    expect(verdict.category).toBe(category);
    expect(verdict.reasons[0]).toMatch(/^.+: .+ \(rule [\w-]+\)$/);
  });

  it('leave an alert that says nothing to a person', () => {
    expect(classifier.classify(named('FooBar')).category).toBe('unclassified');
    expect(classifier.classify(facts({})).category).toBe('unclassified');
  });

  it('use the logs where the alert says little', () => {
    const given = named('CheckoutBroken', { logLines: ['error: dial tcp: lookup db.internal: no such host'] });
    expect(classifier.classify(given).reasons.join()).toContain('a log line says “no such host”');
  });
});
