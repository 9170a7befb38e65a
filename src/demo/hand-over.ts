import { fetchBundle, type FetchedBundle } from './fetch-bundle.ts';
import type { Message } from './people.ts';
import { after, arrives, incidentWhen, messageTo, tellCategory, tellEvidence, type Act } from './steps.ts';

const ID = 'INC-3';
const CAUSE = '503 Service Unavailable';
/** A made-up secret that the recorded logs hold, to show that it goes no further. */
const SECRET = 'not-a-real-secret-7f3a91c2';

/** The third alert: nobody acknowledges, so Level 3 gets it with everything. */
export async function handOver(act: Act): Promise<void> {
  const { stage, account } = act;
  account.heading('3 of 7: nobody answers, so Level 3 gets it with its logs');
  account.say(
    'What should happen: ada does not see this message. After 8 s (yours would be 15 minutes) Level 3 is told, with everything that was collected in one file.',
  );
  account.blank();
  const began = Date.now();
  if ((await arrives(act, { alert: '3-orders', id: ID })) === null) return;
  const page = await messageTo(stage, 'ada', ID, 'page');
  account.step('told', page !== null, `ada, ${after(began, page?.at ?? 0)}; she does not answer`, 'ada heard nothing');
  const incident = await incidentWhen(stage, ID, ({ evidence }) => evidence.length > 0);
  if (incident === null) return;
  tellCategory(act, incident, 'cloud-service-interruption');
  tellEvidence(act, incident, CAUSE);
  const message = await tellLevel3(act, began);
  if (message !== null) await tellBundle(act, message);
}

async function tellLevel3({ stage, account }: Act, began: number): Promise<Message | null> {
  const message = await messageTo(stage, 'level3', ID, 'escalation');
  const incident = await stage.bridge.incident(ID);
  const [escalation] = incident?.escalations ?? [];
  const asTold = message !== null && escalation?.reason === 'ack_timeout' && incident?.level === '3';
  const otherwise = `Level 3 ${message === null ? 'heard nothing' : `was told because of ${escalation?.reason}`}`;
  account.step('handed over', asTold, `Level 3 is told ${after(began, message?.at ?? 0)}:`, otherwise);
  account.quote(message?.headline ?? '');
  return message;
}

/** What Level 3 finds behind the link: whole, with the line that explains it, and without the secret. */
async function tellBundle({ stage, account, bundles }: Act, message: Message): Promise<void> {
  const bundle = await fetchBundle(stage, message);
  if (bundle === null) {
    account.step('bundle', false, '', 'the message names no bundle that can be fetched');
    return;
  }
  bundles.set(ID, bundle.path);
  const text = `${bundle.files.size} files, ${Math.ceil(bundle.bytes / 1000)} kB; every checksum holds`;
  account.step('bundle', bundle.whole, text, `damaged: ${bundle.damaged.join(', ') || 'the whole'}`);
  account.copy(bundle.path);
  account.copy(bundle.link);
  tellContents({ stage, account, bundles }, bundle);
}

function tellContents({ stage, account }: Act, bundle: FetchedBundle): void {
  const excerpt = bundle.files.get('logs/excerpt.md') ?? '';
  const asTold = excerpt.includes(CAUSE) && bundle.rawRecords > 0;
  account.step(
    'logs in it',
    asTold,
    `the line above, and ${bundle.rawRecords} raw records`,
    `the excerpt lacks "${CAUSE}"`,
  );
  const leaks = [...bundle.files.values(), ...stage.people.all().map(({ raw }) => raw)].filter((text) =>
    text.includes(SECRET),
  );
  const marked = /secret_key=\[[a-z-]+:[0-9a-f]{6}\]/.exec([...bundle.files.values()].join('\n'))?.[0];
  const secretGone = leaks.length === 0 && marked !== undefined;
  account.step(
    'secrets',
    secretGone,
    `orders logged a key; in the file and in every message: ${marked}`,
    'a key in the logs was not taken out',
  );
}
