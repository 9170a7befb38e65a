import { after, arrives, incidentWhen, messageTo, tellCategory, tellEvidence, type Act } from './steps.ts';

const ID = 'INC-2';

/** The second alert: Level 2 is told, reads the logs, and takes it. @returns when she had until (epoch ms), or null */
export async function acknowledge(act: Act): Promise<number | null> {
  const { stage, account } = act;
  account.heading('2 of 7, from Grafana: Level 2 takes it');
  account.say(
    'What should happen: no known fix applies, so ada of Level 2 is told at once and the logs follow. She acknowledges by the link in her message; nobody else is bothered.',
  );
  account.blank();
  const began = Date.now();
  const opened = await arrives(act, { alert: '2-payments', id: ID, sender: 'grafana' });
  if (opened === null) return null;
  const page = await messageTo(stage, 'ada', ID, 'page');
  account.step('told', page !== null, `ada, ${after(began, page?.at ?? 0)}:`, 'ada heard nothing');
  account.quote(page?.headline ?? '');
  const incident = await incidentWhen(stage, ID, ({ evidence }) => evidence.length > 0);
  if (incident === null) return null;
  tellCategory(act, incident, 'network-downtime');
  tellEvidence(act, incident, 'no such host');
  const logs = await messageTo(stage, 'ada', ID, 'evidence');
  account.step(
    'told',
    logs !== null,
    `ada, ${after(began, logs?.at ?? 0)}: these lines, without being asked for`,
    'the logs never reached ada',
  );
  await takeIt(act, page?.links.find(({ title }) => title === `Acknowledge ${ID}`)?.url ?? null);
  return opened.nextStep === null ? null : Date.parse(opened.nextStep.at);
}

async function takeIt({ stage, account }: Act, link: string | null): Promise<void> {
  const sent = link !== null && (await stage.bridge.confirm(link));
  const after = await incidentWhen(stage, ID, ({ status }) => status === 'acknowledged');
  const asTold = sent && after?.status === 'acknowledged' && after.acknowledgedBy === 'ada';
  const otherwise = `it is ${after?.status}${link === null ? '; there was no link in the message' : ''}`;
  account.step('acknowledged', asTold, 'by ada, with the button behind her link', otherwise);
}

/** Told later, once the time that ada had has passed. */
export async function tellStopped({ stage, account }: Act): Promise<void> {
  const incident = await stage.bridge.incident(ID);
  const level3 = stage.people.got('level3', ID).length;
  const asTold = incident?.status === 'acknowledged' && incident.level === '2' && level3 === 0;
  const otherwise = `${ID} is ${incident?.status} at Level ${incident?.level}; Level 3 got ${level3} messages`;
  account.step(
    'meanwhile',
    asTold,
    `${ID}: its time is over as well, but ada has it, so Level 3 heard nothing`,
    otherwise,
  );
}
