import { CATEGORY_TITLES, type Category } from '../domain/category.ts';
import type { Account } from './account.ts';
import type { DemoIncident } from './bridge-client.ts';
import type { Stage } from './stage.ts';
import { percent } from './steps.ts';

const IDS = ['INC-1', 'INC-2', 'INC-3', 'INC-4', 'INC-5', 'INC-6', 'INC-7'];
/** Where the state of the evidence begins: the longest category with its confidence, and a gap. */
const EVIDENCE_AT = 39;

/** Where each of them stands, as the API says it now: category, evidence, what was done, and where the bundle lies. */
export async function tellOutcome(
  { bridge }: Stage,
  account: Account,
  bundles: ReadonlyMap<string, string>,
): Promise<void> {
  account.heading('What became of them');
  for (const incident of await Promise.all(IDS.map((id) => bridge.incident(id)))) {
    if (incident === null) continue;
    account.row(incident.id, `${speakCategory(incident).padEnd(EVIDENCE_AT)}${speakLogs(incident)}`);
    account.row('', speakEnd(incident));
    const bundle = bundles.get(incident.id);
    if (bundle !== undefined) account.row('', bundle);
  }
  account.blank();
}

function speakCategory({ category }: DemoIncident): string {
  const title = CATEGORY_TITLES[category.id as Category];
  return category.id === 'unclassified' ? title : `${title}, ${percent(category.confidence)}`;
}

function speakLogs({ evidence }: DemoIncident): string {
  const [logs] = evidence;
  if (logs === undefined) return 'logs not asked for yet';
  const found = logs.lines.length;
  return found === 0 ? `logs ${logs.state}: none there` : `logs ${logs.state}: ${found} lines`;
}

function speakEnd({
  attempts,
  acknowledgedBy,
  resolvedBy,
  escalations,
  category,
  status,
  level,
}: DemoIncident): string {
  const [attempt] = attempts;
  if (status === 'resolved' && attempt !== undefined) return 'healed by a known fix, verified; nobody was woken';
  if (resolvedBy !== null) return `resolved by ${resolvedBy}`;
  if (acknowledgedBy !== null) return `acknowledged by ${acknowledgedBy} of Level ${level}`;
  const last = escalations.at(-1)?.reason;
  if (last !== undefined) return `handed over to Level 3: ${REASONS[last] ?? last}; the bundle:`;
  return category.id === 'unclassified' ? 'Level 2 was told: a person says what it is' : 'Level 2 was told, no hurry';
}

const REASONS: Readonly<Record<string, string>> = {
  ack_timeout: 'nobody acknowledged in time',
  fix_failed: 'the known fix failed',
  category: 'a breach goes there at once',
};
