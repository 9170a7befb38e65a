import type { ReceivedMail, SmtpSink } from '../servers/smtp.ts';
import type { ApiAnswer, Tierbell } from '../servers/tierbell.ts';
import { waitFor } from './wait-for.ts';

/** The parts of the wire's incident that the stories look at. */
export interface IncidentJson {
  readonly id: string;
  readonly uid: string;
  readonly title: string;
  readonly status: string;
  readonly level: string;
  readonly category: { readonly id: string; readonly method: string; readonly reasons: readonly string[] };
  readonly severity: string;
  readonly priority: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly createdAt: string;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: string | null;
  readonly resolvedBy: string | null;
  readonly escalations: readonly { readonly from: string; readonly to: string; readonly reason: string }[];
  readonly nextStep: { readonly at: string; readonly action: string } | null;
  readonly attempts: readonly AttemptJson[];
  readonly evidence: readonly EvidenceJson[];
}

export interface AttemptJson {
  readonly id: string;
  readonly fix: string;
  readonly target: string;
  readonly state: string;
  readonly reasons: readonly string[];
  readonly exitCode: number | null;
  readonly output: string;
  readonly verification: { readonly state: string; readonly detail: string } | null;
}

export interface EvidenceJson {
  readonly state: string;
  readonly reason: string;
  readonly lines: readonly { readonly text: string; readonly count: number }[];
}

export interface EntryJson {
  readonly incident: string;
  readonly seq: number;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly type: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

/** All incidents, the newest first. */
export async function incidents(bridge: Tierbell): Promise<readonly IncidentJson[]> {
  const { status, body, text } = await bridge.api<{ items: IncidentJson[] }>('/api/v1/incidents?limit=500');
  if (status !== 200) throw new Error(`the list of incidents answered ${status}: ${text}`);
  return body.items;
}

export async function incident(bridge: Tierbell, id: string): Promise<IncidentJson> {
  const { status, body, text } = await bridge.api<IncidentJson>(`/api/v1/incidents/${id}`);
  if (status !== 200) throw new Error(`${id} answered ${status}: ${text}`);
  return body;
}

export async function timeline(bridge: Tierbell, id: string): Promise<readonly EntryJson[]> {
  return (await bridge.api<{ items: EntryJson[] }>(`/api/v1/incidents/${id}/timeline`)).body.items;
}

/** The newest incident whose first alert bears these labels, as soon as it is there and fits. */
export function waitForIncident(
  bridge: Tierbell,
  labels: Readonly<Record<string, string>>,
  fits: (incident: IncidentJson) => boolean = () => true,
): Promise<IncidentJson> {
  const bears = (shown: IncidentJson): boolean =>
    Object.entries(labels).every(([name, value]) => shown.alerts[0]?.labels[name] === value);
  return waitFor(`the incident of ${JSON.stringify(labels)}`, async () => {
    const listed = (await incidents(bridge)).find(bears);
    if (listed === undefined) return null;
    const whole = await incident(bridge, listed.id);
    if (!fits(whole)) throw new Error(`it is ${JSON.stringify(whole)}`);
    return whole;
  });
}

/** Posts to a source of the bridge. */
export function deliver(
  bridge: Tierbell,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  source = 'am',
): Promise<ApiAnswer<{ delivery: string }>> {
  return bridge.api(`/webhooks/${source}`, { method: 'POST', body, headers });
}

/** Mails of an incident to one box, by the header that says what they are for. */
export function mailsOf(
  smtp: Pick<SmtpSink, 'mails'>,
  { id }: Pick<IncidentJson, 'id'>,
  to?: string,
  purpose?: string,
): readonly ReceivedMail[] {
  return smtp.mails.filter(
    (mail) =>
      mail.headers['x-tierbell-incident'] === id &&
      (to === undefined || mail.to.includes(to)) &&
      (purpose === undefined || mail.headers['x-tierbell-purpose'] === purpose),
  );
}
