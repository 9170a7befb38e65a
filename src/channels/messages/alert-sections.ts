import { label, severityOf, targetOf, type Alert } from '../../domain/alert.ts';
import type { Incident } from '../../domain/incident.ts';
import { cleanLine, cleanText } from '../../domain/text.ts';
import { prose } from './evidence-section.ts';
import { sayClock } from '../../domain/moment.ts';
import type { Section } from './notice-input.ts';

const ROWS = 5;

/** The alert's own words, for they are often the best that is known. */
export function whatItSays({ annotations }: Incident): Section[] {
  const texts = ['summary', 'description', 'message'].map((name) => cleanText(label(annotations, name), 1500).trim());
  const values = cleanLine(label(annotations, '__value_string__'), 600); // Grafana's name for what the rule measured
  const said = [...new Set([...texts, values === '' ? '' : `Measured: ${values}`])].filter((text) => text !== '');
  return said.length === 0 ? [] : [prose('What the alert says', said.join('\n'))];
}

/** The first few alerts, where there is more than one. */
export function alertRows(incident: Incident, alerts: readonly Alert[], now: number): Section[] {
  if (incident.impact.alerts <= 1 || alerts.length === 0) return [];
  const shown = alerts.slice(0, ROWS).map((alert) => alertLine(alert, now));
  const more = incident.impact.alerts - shown.length;
  const rest = more > 0 ? [`… and ${more} more`] : [];
  return [{ title: 'Alerts', text: [...shown, ...rest].join('\n'), code: true }];
}

function alertLine({ labels, status, startsAt }: Alert, now: number): string {
  const name = label(labels, 'alertname') || 'alert without a name';
  return cleanLine(
    `${status}  ${severityOf(labels)}  ${name}  ${targetOf(labels)}  since ${sayClock(startsAt, now)}`,
    240,
  );
}

/** Why the category was chosen, beyond the strongest reason, which stands among the facts. */
export function categoryReasons({ classification }: Incident): Section[] {
  const more = classification.reasons.slice(1, 6);
  if (more.length === 0) return [];
  return [prose('More reasons for the category', more.map((reason) => `– ${cleanLine(reason, 300)}`).join('\n'))];
}
