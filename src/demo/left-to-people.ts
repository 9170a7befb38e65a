import type { Category } from '../domain/category.ts';
import type { Sender } from './bridge-client.ts';
import { arrives, incidentWhen, messageTo, tellCategory, tellNoLogs, type Act } from './steps.ts';

/** The sixth alert: certainly none of the four categories. */
export async function other(act: Act): Promise<void> {
  act.account.heading('6 of 7, from Grafana: none of the four');
  act.account.say(
    'What should happen: a disk that will be full in days is no incident of the four categories. Level 2 is told with hours to answer. There are no logs of this service, and the evidence says so.',
  );
  act.account.blank();
  await told(act, { alert: '6-images', id: 'INC-6', sender: 'grafana', wanted: 'other' });
}

/** The seventh: nothing is sure enough, and a person decides. */
export async function unclassified(act: Act): Promise<void> {
  act.account.heading('7 of 7: nobody knows what this is');
  act.account.say(
    'What should happen: nothing speaks clearly for any category, so none is chosen. Level 2 is asked what it is; whoever decides is on record.',
  );
  act.account.blank();
  await told(act, { alert: '7-baskets', id: 'INC-7', sender: 'alertmanager', wanted: 'unclassified' });
}

interface Part {
  readonly alert: string;
  readonly id: string;
  readonly sender: Sender;
  readonly wanted: Category;
}

async function told(act: Act, { wanted, ...alert }: Part): Promise<void> {
  const { stage, account } = act;
  if ((await arrives(act, alert)) === null) return;
  const incident = await incidentWhen(stage, alert.id, ({ evidence }) => evidence.length > 0);
  if (incident === null) return;
  tellCategory(act, incident, wanted);
  tellNoLogs(act, incident);
  const page = await messageTo(stage, 'ada', alert.id, 'page');
  const asTold = page !== null && incident.attempts.length === 0 && incident.level === '2';
  account.step('told', asTold, 'ada of Level 2:', page === null ? 'ada heard nothing' : `it is at ${incident.level}`);
  account.quote(page?.headline ?? '');
}
