import { acknowledge, tellStopped } from './acknowledge.ts';
import type { Account } from './account.ts';
import { handOver } from './hand-over.ts';
import { heal } from './heal.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';
import type { Act } from './steps.ts';

/** A moment more than the time that ada had: a deadline that is due is looked for each second. */
const SLACK_MS = 1_500;

/** Plays the three alerts and tells what became of each. @returns where the handover bundle lies, or null */
export async function playTour(stage: Stage, account: Account): Promise<string | null> {
  const act: Act = { stage, account };
  await heal(act);
  const adaHasUntil = await acknowledge(act);
  const bundle = await handOver(act);
  const end = (adaHasUntil ?? Date.now()) + SLACK_MS;
  await until(() => (Date.now() >= end ? true : null), SLACK_MS + 60_000);
  await tellStopped(act);
  return bundle;
}

/** Before the first alert: what is real here, and what stands in for what. */
export function tellBeginning({ bridge }: Stage, account: Account): void {
  account.say(
    `This is Tierbell itself, at ${bridge.url}, with an empty store. Three alerts go through it as an Alertmanager posts them.`,
  );
  account.blank();
  account.say(
    'No other server is needed: recorded log files stand in for Elasticsearch, a receiver in here for the chat of ada (Level 2) and the desk of Level 3, and PromQL is answered by the demo itself, about one little service of its own. Times are seconds where yours are minutes.',
  );
}

const IDS = ['INC-1', 'INC-2', 'INC-3'];

/** Where the three stand, as the API says it now. */
export async function tellOutcome({ bridge }: Stage, account: Account): Promise<void> {
  account.heading('What became of them');
  for (const incident of await Promise.all(IDS.map((id) => bridge.incident(id)))) {
    if (incident === null) continue;
    const { id, status, level, category, resolvedBy, acknowledgedBy } = incident;
    const who = resolvedBy ?? acknowledgedBy;
    const state = who === null ? `${status}, Level ${level} has been told` : `${status} by ${who}`;
    account.plain(`${id}  ${category.id.padEnd(30)}${state}`);
  }
  account.blank();
}

/** After the last: how it came out, and where to look further. */
export function tellEnd(
  { bridge, folder }: Stage,
  account: Account,
  told: { bundle: string | null; tookMs: number; stays: boolean },
): void {
  const seconds = Math.round(told.tookMs / 1000);
  if (account.failed === 0) account.say(`All ${account.steps} steps came out as told, in ${seconds} s.`);
  else
    account.say(`${account.failed} of ${account.steps} steps did NOT come out as told; they are marked with ✗ above.`);
  account.blank();
  if (told.stays) tellWhereToLook(bridge.url, account);
  if (told.bundle !== null) {
    account.say('What Level 3 reads first, from the bundle:');
    account.plain(`unzip -p ${told.bundle} README.md`);
    account.blank();
  }
  account.say('The rules, alerts and logs of this tour: rules/demo/. What it wrote; delete it at will:');
  account.plain(folder);
  if (!told.stays) return;
  account.blank();
  account.say('The bridge stays up until Ctrl-C.');
}

function tellWhereToLook(url: string, account: Account): void {
  account.say(`The console, in a browser: ${url}`);
  account.say('Or look further from a second terminal, in this folder:');
  account.plain(`npm run -s tierbell -- incident list --url ${url}`);
  account.plain(`npm run -s tierbell -- incident show INC-3 --url ${url}`);
  account.plain(`npm run -s tierbell -- incident ack INC-3 --url ${url}`);
  account.plain(`curl -s ${url}/metrics | grep ^tierbell_`);
  account.blank();
}
