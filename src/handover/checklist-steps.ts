import type { Category } from '../domain/category.ts';
import type { Level } from '../domain/incident.ts';

/**
 * What each level does for each category, until `rules/procedures.yaml` is read: a list to tick off, in the order in which
 * it usually helps.
 */
type Steps = Readonly<Partial<Record<Level, readonly string[]>>>;

export const CHECKLIST_STEPS: Readonly<Record<Category, Steps>> = {
  'software-installation-failure': {
    '1': ['Compare the requirements of the software with the system.', 'Install it again in the plain way, once.'],
    '2': [
      'Look for conflicting versions, damaged files and missing dependencies in the logs.',
      'Try the same installation on another system of the same kind: does it fail there too?',
    ],
    '3': [
      'Go through the deep settings: service definitions, system configuration, registry-like stores.',
      'If it is security software: find what stops it from starting, and whether the system is unprotected meanwhile.',
      'Decide: repair in place, or build the system anew from its definition.',
    ],
    x: ['Ask the maker for a patch or for help with its own installer; send the excerpt of the logs with versions.'],
  },
  'network-downtime': {
    '1': [
      'Find out whether it is one place or everywhere.',
      'Restart the router or the switch on site, where that is allowed.',
    ],
    '2': [
      'Read the logs of the network devices and resolvers around the start of the trouble.',
      'Find the place where it breaks, together with the network team or the internet provider.',
    ],
    '3': [
      'Follow the recovery procedure for the part that is down.',
      'Check and, where needed, change the core routing; write down each change and how to take it back.',
      'Confirm from a second place that traffic flows again.',
    ],
    x: ['Ask the maker of the equipment for firmware or special diagnostics; give them the times and the logs.'],
  },
  'data-security-breach': {
    '1': [
      'Write down what was seen and when, and tell the security team.',
      'Lock down the data in question for the time being.',
    ],
    '2': [
      'First forensics: which systems, which accounts, since when. Change nothing that is evidence.',
      'Keep copies of the logs before they rotate away.',
    ],
    '3': [
      'Audit in full: entry, spread, what was read or taken.',
      'Revoke and renew the credentials that may be known to others.',
      'Mend every place where data lay open, and prove that it is closed.',
      'Have a person decide about the duty to report; note the time.',
    ],
    x: ['Bring in the security firm for detection and containment; hand over this bundle with its checksums.'],
  },
  'cloud-service-interruption': {
    '1': ['Look at the status page of the provider.', 'Tell the users what is out and when they hear more.'],
    '2': [
      'Check the connections to the provider: API integrations, credentials, quotas.',
      'Find the services of ours that depend on it, and which of them are hit.',
    ],
    '3': [
      'Restore the service together with the cloud engineers: fail over, scale, or roll back.',
      'Check the data afterwards: nothing lost, nothing twice.',
      'Write down how long which service was out.',
    ],
    x: [
      'Ask the provider for the cause and for what keeps it from happening again; name the affected resources and times.',
    ],
  },
  other: {
    '2': ['Read the alert and its runbook.', 'Compare with the time before: what changed?'],
    '3': ['Find the cause, not only the symptom.', 'Decide on a lasting change, and who owns it.'],
    x: ['Ask the maker or provider, with the excerpt of the logs.'],
  },
  unclassified: {
    '2': [
      'Decide which category it is, and record it: tierbell incident reclassify.',
      'Compare with the time before: what changed?',
    ],
    '3': [
      'Decide which category it is, and record it: tierbell incident reclassify.',
      'Find the cause, not only the symptom.',
    ],
    x: ['Ask the maker or provider, with the excerpt of the logs.'],
  },
};

/** What holds for every handover. */
export const ALWAYS: Readonly<{ first: readonly string[]; last: readonly string[] }> = {
  first: [
    'Acknowledge the incident, so that it stops going up.',
    'Read README.md, then logs/excerpt.md.',
    'Hold the handover meeting (meeting.ics) with whoever had it before.',
    'Is it local or everywhere? What changed just before it began?',
  ],
  last: [
    'Write each step and its result into the incident as you go.',
    'When it is over, say so: tierbell incident resolve. State what helped.',
    'Note what should change so that it does not come back, and who owns the change.',
  ],
};
