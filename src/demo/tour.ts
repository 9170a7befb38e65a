import { acknowledge, tellStopped } from './acknowledge.ts';
import type { Account } from './account.ts';
import { breakIn } from './break-in.ts';
import { failFix } from './failed-fix.ts';
import { handOver } from './hand-over.ts';
import { heal } from './heal.ts';
import { other, unclassified } from './left-to-people.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';
import type { Act } from './steps.ts';

/** A moment more than the time that ada had: a deadline that is due is looked for each second. */
const SLACK_MS = 1_500;

/** Plays the alerts and tells what became of each. @returns where the bundle of each incident lies that has one */
export async function playTour(stage: Stage, account: Account): Promise<ReadonlyMap<string, string>> {
  const act: Act = { stage, account, bundles: new Map() };
  await heal(act);
  const adaHasUntil = await acknowledge(act);
  await handOver(act);
  await failFix(act);
  await breakIn(act);
  await other(act);
  await unclassified(act);
  account.blank();
  const end = (adaHasUntil ?? Date.now()) + SLACK_MS;
  await until(() => (Date.now() >= end ? true : null), SLACK_MS + 60_000);
  await tellStopped(act);
  return act.bundles;
}

/** Before the first alert: what is real here, and what stands in for what. */
export function tellBeginning({ bridge }: Stage, account: Account): void {
  account.say(
    `This is Tierbell itself, at ${bridge.url}, with an empty store. Seven alerts go through it, as Alertmanager and Grafana post them.`,
  );
  account.blank();
  account.say(
    'No other server is needed: recorded log files stand in for Elasticsearch, a receiver in here for the chat of ada (Level 2) and the desk of Level 3, and PromQL is answered by the demo itself, about two little services of its own. Times are seconds where yours are minutes.',
  );
}

/** After the last: how it came out, and what to do next. */
export function tellEnd(
  { bridge, folder }: Stage,
  account: Account,
  told: { bundles: ReadonlyMap<string, string>; tookMs: number; stays: boolean },
): void {
  const seconds = Math.round(told.tookMs / 1000);
  if (account.failed === 0) account.say(`All ${account.steps} steps came out as told, in ${seconds} s.`);
  else
    account.say(`${account.failed} of ${account.steps} steps did NOT come out as told; they are marked with ✗ above.`);
  account.heading('What next');
  if (told.stays) tellWhereToLook(bridge.url, account);
  const bundle = told.bundles.get('INC-3');
  if (bundle !== undefined) {
    account.say('What Level 3 reads first, from a bundle:');
    account.plain(`unzip -p ${bundle} README.md`);
    account.blank();
  }
  tellHowToConnect(account);
  account.say('The rules, alerts and logs of this tour: rules/demo/. What it wrote; delete it at will:');
  account.plain(folder);
  if (!told.stays) return;
  account.blank();
  account.say(`The console is open: ${bridge.url} (until Ctrl-C here)`);
}

function tellWhereToLook(url: string, account: Account): void {
  account.say('Open the console in a browser, and tell in INC-7 what it is:');
  account.plain(`${url}/`);
  account.blank();
  account.say('Or look further from a second terminal, in this folder:');
  account.plain(`npm run -s tierbell -- incident list --url ${url}`);
  account.plain(`npm run -s tierbell -- incident show INC-4 --url ${url}`);
  account.plain(`npm run -s tierbell -- incident ack INC-3 --url ${url}`);
  account.plain(`curl -s ${url}/metrics | grep ^tierbell_`);
  account.blank();
}

/** What an alertmanager.yml needs for a bridge of `npm start` on the same machine. */
const ALERTMANAGER = [
  'route: { receiver: tierbell }',
  'receivers:',
  '  - name: tierbell',
  '    webhook_configs:',
  '      - url: http://127.0.0.1:9096/webhooks/alertmanager',
];

function tellHowToConnect(account: Account): void {
  account.say('Connect your own Alertmanager: npm start here, and in alertmanager.yml');
  for (const line of ALERTMANAGER) account.plain(line);
  account.say('README.md has Grafana, tokens, and where people and logs are named.');
  account.blank();
}
