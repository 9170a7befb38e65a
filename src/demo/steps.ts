import { CATEGORY_TITLES, CHECK_FOR_BREACH, type Category } from '../domain/category.ts';
import { speakDuration } from '../domain/duration.ts';
import type { Account } from './account.ts';
import type { DemoEvidence, DemoIncident, Sender } from './bridge-client.ts';
import type { Message } from './people.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';

/** How long a step may take before it counts as not having come: generous, as the machine may be busy. */
export const PATIENCE_MS = 60_000;

/** What an act plays with. */
export interface Act {
  readonly stage: Stage;
  readonly account: Account;
  /** Where the bundle of an incident was written. */
  readonly bundles: Map<string, string>;
}

/** An alert of `rules/demo/alerts` and the incident that it becomes. */
export interface Arrival {
  readonly alert: string;
  readonly id: string;
  readonly sender?: Sender;
}

/** The incident once it is as told, else as it is after {@link PATIENCE_MS}; null where there is none at all. */
export async function incidentWhen(
  { bridge }: Stage,
  id: string,
  asTold: (incident: DemoIncident) => boolean,
): Promise<DemoIncident | null> {
  const found = await until(async () => {
    const incident = await bridge.incident(id);
    return incident !== null && asTold(incident) ? incident : null;
  }, PATIENCE_MS);
  return found ?? bridge.incident(id);
}

/** The first message of this kind that somebody got, or null. */
export function messageTo({ people }: Stage, to: string, incident: string, purpose: string): Promise<Message | null> {
  return until(() => people.got(to, incident).find((message) => message.purpose === purpose) ?? null, PATIENCE_MS);
}

/** Posts an alert and tells what arrived. @returns null where no incident came of it, and then the act is over */
export async function arrives({ stage, account }: Act, arrival: Arrival): Promise<DemoIncident | null> {
  const { alert, id, sender = 'alertmanager' } = arrival;
  const { status, tookMs } = await stage.play(alert, sender);
  const incident = await incidentWhen(stage, id, () => true);
  const { priority, severity, title = '' } = incident ?? {};
  const answered = `on disk, answered ${status} in ${Math.round(tookMs)} ms`;
  const asTold = status === 200 && incident !== null;
  account.step('arrived', asTold, `${id}, ${priority}, ${severity}; ${answered}`, `answered ${status}, no ${id}`);
  account.quote(title);
  return incident;
}

/** Which category was given, how surely, and why. */
export function tellCategory({ account }: Act, { category }: DemoIncident, wanted: Category): void {
  const { id, confidence, reasons } = category;
  const title = CATEGORY_TITLES[id as Category];
  const sure = id === 'unclassified' ? 'not sure enough to say' : `${percent(confidence)} sure`;
  account.step('category', id === wanted, `${title}, ${sure}`, `${title}, wanted was ${wanted}`);
  // A warning of another category may stand first; quoted is what speaks for this one.
  const because = reasons.find((reason) => !reason.startsWith(CHECK_FOR_BREACH));
  account.quote(`because: ${because ?? 'no reason'}`);
}

/** What was read, and the line that explains the trouble: one of the first three of the excerpt must hold `cause`. */
export function tellEvidence({ account }: Act, { evidence }: DemoIncident, cause: string): void {
  const [logs] = evidence;
  const found = logs?.lines.slice(0, 3).find(({ text }) => text.includes(cause));
  const asTold = logs?.state === 'complete' && found !== undefined;
  const otherwise = `"${cause}" is not among the first three lines. ${logs?.reason ?? 'No log line was collected.'}`;
  account.step('evidence', asTold, speakEvidence(logs), otherwise);
  if (found !== undefined) account.quote(`${found.count} × ${found.text.replace(OWN_TIME, '')}`, 3);
}

/** The reader is told that there are no lines, and why: an empty box would say nothing. */
export function tellNoLogs({ account }: Act, { evidence }: DemoIncident): void {
  const [logs] = evidence;
  const asTold = logs?.lines.length === 0 && logs.reason !== '';
  account.step('evidence', asTold, logs?.reason ?? '', 'it does not say that there are no log lines');
}

/** A plain line begins with its time; how often it came says more here. */
const OWN_TIME = /^\S+Z /;

function speakEvidence(logs: DemoEvidence | undefined): string {
  const [incident, ...before] = logs?.windows ?? [];
  const compared = before.reduce((sum, { records }) => sum + records, 0);
  return `${incident?.records} log records against ${compared} of quiet times; what tells most:`;
}

/** `after 40 ms`, `after 2.4 s`. */
export function after(fromMs: number, toMs: number): string {
  const ms = Math.max(0, toMs - fromMs);
  if (ms < 950) return `after ${ms} ms`;
  return `after ${ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : speakDuration(Math.round(ms / 1000) * 1000)}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
