import { label } from '../../domain/alert.ts';
import { incidentId, type Incident } from '../../domain/incident.ts';
import type { Service } from '../../domain/service.ts';
import { httpUrl } from '../../domain/text.ts';
import type { NoticeLink } from '../channel.ts';
import { logsOf } from './evidence-section.ts';
import type { NoticeInput } from './notice-input.ts';

/** Pages of the bridge, what is wanted of the reader first; then what the alert and the evidence name. */
export function linksOf(input: NoticeInput, asks: boolean): NoticeLink[] {
  const id = incidentId(input.incident);
  const ours: (readonly [string, string | null])[] = [
    [`Acknowledge ${id}`, asks ? input.ackUrl : null],
    ['Approve or turn down the fix', input.decideUrl ?? null],
    [`Open ${id}`, input.consoleUrl],
    ['Handover bundle', input.bundle === null ? null : input.bundleUrl],
  ];
  return [
    ...ours.map(([title, url], index) => ({
      title,
      url: httpUrl(url ?? ''),
      ours: true,
      ...(index === 0 ? { acknowledges: true } : {}),
      ...(index === 1 ? { decides: true } : {}),
    })),
    ...outsideLinks(input.incident, input.service),
  ].filter(({ url }) => url !== '');
}

/** Addresses from alerts are shown with their host, so that nobody opens a stranger's page unawares; never fetched. */
export function outsideLinks(incident: Incident, service: Service | null = null): NoticeLink[] {
  const { annotations, generatorURL } = incident;
  const named: (readonly [string, string])[] = [
    ['Runbook', label(annotations, 'runbook_url') || label(annotations, 'runbook')],
    [`Runbook of ${service?.name ?? ''}`, service?.runbook ?? ''],
    ['Dashboard', label(annotations, 'dashboard_url') || label(annotations, '__dashboardUrl__')],
    ['The same logs in their store', logsOf(incident)?.url ?? ''],
    ['The rule that fires', generatorURL],
  ];
  return named
    .map(([title, raw]) => ({ title, url: httpUrl(raw) }))
    .filter(({ url }) => url !== '')
    .map(({ title, url }) => ({ title: `${title} (${new URL(url).host})`, url, ours: false }));
}
