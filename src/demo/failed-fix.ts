import { fetchBundle } from './fetch-bundle.ts';
import type { DemoAttempt } from './bridge-client.ts';
import { after, arrives, incidentWhen, messageTo, tellCategory, tellEvidence, type Act } from './steps.ts';

const ID = 'INC-4';
const CAUSE = 'checksum mismatch';

/** The fourth alert: the known fix fails, so Level 3 gets it at once, with what the fix said. */
export async function failFix(act: Act): Promise<void> {
  const { stage, account } = act;
  account.heading('4 of 7: the known fix fails, so people get it at once');
  account.say(
    'What should happen: the known fix is a restart, but the data of this service are damaged. The restart really runs and really fails; it is not tried again. Level 3 gets what it said.',
  );
  account.blank();
  const began = Date.now();
  if ((await arrives(act, { alert: '4-search', id: ID })) === null) return;
  const incident = await incidentWhen(stage, ID, ({ level, evidence }) => level === '3' && evidence.length > 0);
  if (incident === null) return;
  tellCategory(act, incident, 'software-installation-failure');
  tellEvidence(act, incident, CAUSE);
  const { attempts, escalations, level } = incident;
  tellAttempt(act, attempts);
  const message = await messageTo(stage, 'level3', ID, 'escalation');
  const reason = escalations[0]?.reason ?? 'nothing';
  const asTold = message !== null && reason === 'fix_failed' && level === '3';
  const otherwise = message === null ? 'Level 3 heard nothing' : `it was told because of ${reason}`;
  account.step('handed over', asTold, `Level 3 is told ${after(began, message?.at ?? 0)}:`, otherwise);
  account.quote(message?.headline ?? '');
  const bundle = message === null ? null : await fetchBundle(stage, message);
  const name = `fixes/${attempts[0]?.id}.txt`;
  const tells = bundle?.whole === true && (bundle.files.get(name) ?? '').includes('WARNING');
  account.step('bundle', tells, 'holds the attempt with all that it said', `it lacks ${name}`);
  if (bundle === null) return;
  account.copy(bundle.path);
  act.bundles.set(ID, bundle.path);
}

function tellAttempt({ account }: Act, attempts: readonly DemoAttempt[]): void {
  const [attempt] = attempts;
  const asTold = attempts.length === 1 && attempt?.state === 'failed' && attempt.exitCode === 1;
  const otherwise = attempt === undefined ? 'no fix was tried' : `${attempt.state}, status ${attempt.exitCode}`;
  account.step('fix failed', asTold, `"${attempt?.title}", status ${attempt?.exitCode}, tried once`, otherwise);
  account.quote(attempt?.output ?? '');
}
