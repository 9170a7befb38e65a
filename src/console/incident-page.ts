import { incidentId, type Incident } from '../domain/incident.ts';
import type { Service } from '../domain/service.ts';
import type { FilledStep } from '../incidents/procedure.ts';
import type { Situation } from '../incidents/situation.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import type { StoredAlert, StoredBundle } from '../store/read-model.ts';
import type { Frozen } from '../fixes/frozen.ts';
import type { ShadowFinding } from '../shadow/report.ts';
import type { FormContext, KeptForm } from './forms.ts';
import { freezeBanner, freezeForm } from './freeze-banner.ts';
import { html } from './html.ts';
import { actions } from './incident-actions.ts';
import { evidenceSection } from './incident-evidence.ts';
import { head } from './incident-head.ts';
import { categorySection, fixSection, procedureSection } from './incident-judgement.ts';
import { alertSection, escalationSection, timelineSection, toldSection } from './incident-record.ts';
import type { OfferedFix, RestingFix } from './offered-fixes.ts';
import { shadowSection } from './shadow-page.ts';
import { shell, type Said } from './shell.ts';
import type { Visitor } from './visitor.ts';

/** Everything that the page of an incident shows. */
export interface IncidentPageOptions {
  readonly incident: Incident;
  readonly alerts: readonly StoredAlert[];
  readonly procedure: readonly FilledStep[];
  /** Newest first. */
  readonly entries: readonly WireEntry[];
  /** Its service in the catalogue, or null. */
  readonly service: Service | null;
  /** The open incidents that it belongs together with, or null. */
  readonly situation: Situation | null;
  /** Why the priority is what it is. */
  readonly priorityReasons: readonly string[];
  readonly bundle: StoredBundle | null;
  /** Where the page of the timeline begins, null for the newest. */
  readonly before: number | null;
  /** The kill switch of known fixes. */
  readonly frozen: Frozen | null;
  /** Known fixes that an approver may have run here. */
  readonly runnable: readonly OfferedFix[];
  /** Of those that were tried here, the ones that rest. */
  readonly resting: readonly RestingFix[];
  /** What the shadow rules make of it; null where none run or this visitor may not read it. */
  readonly shadow: ShadowFinding | null;
  readonly visitor: Visitor;
  readonly now: number;
  readonly said: Said | null;
  readonly kept: KeptForm | null;
}

/** `GET /incidents/INC-n`: what, since when, how bad, who has it; then what explains it, what to do, and the record. */
export function incidentPage(options: IncidentPageOptions): string {
  const { incident, visitor, now, said, kept } = options;
  const id = incidentId(incident);
  const context: FormContext = { id, visitor, kept };
  const here = `/incidents/${id}`;
  const content = html`${freezeBanner(options, here)} ${head(options, context)}
    <div class="columns">
      <div class="column-main">
        ${evidenceSection(incident, now)} ${procedureSection(options, context)} ${fixSection(options, context)}
        ${freezeForm(options, here)}
      </div>
      <div class="column-side">
        ${actions(incident, context)} ${categorySection(incident)} ${shadowSection(options.shadow)}
        ${escalationSection(options)} ${toldSection(incident, now)}
      </div>
      <div class="column-rest">${alertSection(incident, options.alerts, now)} ${timelineSection(options)}</div>
    </div>`;
  const title = `${id} ${incident.title} – Tierbell`;
  return shell({ title, visitor, now, said, here, follows: id, content });
}
