import { after, arrives, incidentWhen, messageTo, tellCategory, tellEvidence, type Act } from './steps.ts';
import { CHECKOUT } from './little-service.ts';
import type { DemoIncident } from './bridge-client.ts';

const ID = 'INC-1';

/** The first alert: a known fix heals it, and nobody is paged. */
export async function heal(act: Act): Promise<void> {
  const { stage, account } = act;
  account.heading('1 of 7: a known fix heals');
  account.say(
    'What should happen: Tierbell knows this trouble and its cure. It runs the cure under guard rails, asks PromQL whether it helped, and wakes nobody.',
  );
  account.blank();
  const began = Date.now();
  if ((await arrives(act, { alert: '1-checkout', id: ID })) === null) return;
  const incident = await incidentWhen(
    stage,
    ID,
    ({ status, evidence }) => status === 'resolved' && evidence.length > 0,
  );
  if (incident === null) return;
  tellCategory(act, incident, 'software-installation-failure');
  tellEvidence(act, incident, 'libvips.so.42');
  await tellFix(act, incident);
  const { status, resolvedBy, resolvedAt } = incident;
  const asTold = status === 'resolved' && resolvedBy === 'fix previous-release';
  const when = after(began, Date.parse(resolvedAt ?? ''));
  account.step('resolved', asTold, `${when}, by ${resolvedBy}`, `it is ${status}, by ${resolvedBy ?? 'nobody'}`);
  await tellNobodyWoken(act);
  await tellQuiet(act);
}

async function tellFix({ stage, account }: Act, { attempts }: DemoIncident): Promise<void> {
  const [attempt] = attempts;
  const up = (await stage.probe(CHECKOUT))?.up === true;
  const asTold = attempts.length === 1 && attempt?.state === 'verified' && attempt.exitCode === 0 && up;
  const otherwise = attempt === undefined ? 'no fix was tried' : `${attempt.state}: ${attempt.reasons.join('; ')}`;
  account.step('known fix', asTold, `"${attempt?.title}", status ${attempt?.exitCode}`, otherwise);
  account.quote(attempt?.output ?? '');
  account.step('verified', asTold, 'this held for 2 s on end, so it helped:', otherwise);
  account.quote(`up{instance="${CHECKOUT}"} == 1`);
}

async function tellNobodyWoken({ stage, account }: Act): Promise<void> {
  const message = await messageTo(stage, 'ada', ID, 'resolved');
  const toAda = stage.people.got('ada', ID).map(({ purpose }) => purpose);
  const others = stage.people.got('level3', ID).length;
  const otherwise = `ada got ${toAda.join(', ') || 'nothing'}; Level 3 got ${others} messages`;
  account.step(
    'told',
    toAda.length === 1 && message !== null && others === 0,
    'ada, one message for the morning:',
    otherwise,
  );
  account.quote(message?.headline ?? '');
}

/** The alert itself ends a moment later, as it would in a real house. */
async function tellQuiet({ stage, account }: Act): Promise<void> {
  const { status } = await stage.play('1-checkout-resolved');
  const quiet = await incidentWhen(stage, ID, ({ alerts }) => alerts.every((alert) => alert.status === 'resolved'));
  const asTold = status === 200 && quiet?.status === 'resolved';
  account.step(
    'quiet',
    asTold,
    'Alertmanager says resolved too: recorded, nothing left to do',
    `it is ${quiet?.status}`,
  );
}
