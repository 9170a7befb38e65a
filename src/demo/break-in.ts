import { fetchBundle } from './fetch-bundle.ts';
import { after, arrives, incidentWhen, messageTo, tellCategory, tellEvidence, type Act } from './steps.ts';

const ID = 'INC-5';

/** The fifth alert: a break-in goes to Level 3 at once; Level 2 is told too. */
export async function breakIn(act: Act): Promise<void> {
  const { stage, account } = act;
  account.heading('5 of 7, from Grafana: a break-in waits for nobody');
  account.say(
    'What should happen: for a data security breach the escalation policy names Level 3 at once. No fix, no waiting; Level 2 is told too.',
  );
  account.blank();
  const began = Date.now();
  if ((await arrives(act, { alert: '5-bastion', id: ID, sender: 'grafana' })) === null) return;
  const incident = await incidentWhen(stage, ID, ({ level, evidence }) => level === '3' && evidence.length > 0);
  if (incident === null) return;
  tellCategory(act, incident, 'data-security-breach');
  tellEvidence(act, incident, 'Accepted password for root');
  const level3 = await messageTo(stage, 'level3', ID, 'escalation');
  const ada = await messageTo(stage, 'ada', ID, 'page');
  const reason = incident.escalations[0]?.reason ?? 'nothing';
  const asTold = level3 !== null && ada !== null && reason === 'category' && incident.attempts.length === 0;
  const otherwise = `Level 3 ${level3 === null ? 'heard nothing' : `was told because of ${reason}`}; ada ${ada === null ? 'heard nothing' : 'was told'}`;
  account.step('handed over', asTold, `Level 3 ${after(began, level3?.at ?? 0)}, ada of Level 2 as well:`, otherwise);
  account.quote(level3?.headline ?? '');
  const bundle = level3 === null ? null : await fetchBundle(stage, level3);
  if (bundle !== null) act.bundles.set(ID, bundle.path);
}
