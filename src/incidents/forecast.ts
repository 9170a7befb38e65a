import { targetOf, type Alert } from '../domain/alert.ts';
import { nextDeadline, type Attempt, type Evidence, type Incident, type Level } from '../domain/incident.ts';
import type { NewJob, NoticePurpose } from '../domain/job.ts';
import type { Command } from './command.ts';
import { decide } from './decide.ts';
import type { Rules, SelectedFix } from './rules.ts';

/** One message that would be sent. */
export interface Hearing {
  /** Milliseconds after the alert came. */
  readonly afterMs: number;
  readonly level: Level;
  readonly purpose: NoticePurpose;
  readonly channel: string;
  /** The names in the policy through which the channel is reached. */
  readonly recipient: string;
  readonly why: string;
}

export interface Forecast {
  /** As it stands once it is open. */
  readonly incident: Incident;
  /** The known fix that would go first, or null. */
  readonly fix: SelectedFix | null;
  readonly hearings: readonly Hearing[];
}

/** Nobody waits longer than this for an answer, and a policy has an end. */
const HORIZON_MS = 14 * 86_400_000;
const DECISIONS_MAX = 200;

/**
 * Who would hear what of an alert, and when, where nobody acknowledges and no known fix helps: the bridge's own decisions,
 * on a clock that runs ahead. Nothing is sent and nothing is run. Pure.
 * @param at epoch milliseconds
 */
export function forecast(rules: Rules, alert: Alert, source: string, at: number): Forecast {
  const run = new Run(rules, at);
  run.command({
    ...{ type: 'observe', delivery: 'forecast', source, opens: { uid: UID, number: 0, groupingKey: '' } },
    ...{ fired: [alert], resolved: [], firingDelta: 1, newAlerts: 1, hidden: 0 },
    newTargets: targetOf(alert.labels) === '' ? 0 : 1,
  });
  const incident = run.incident;
  const fix = incident.deadlines.fix === undefined ? null : rules.selectFix(incident);
  run.meetJobs();
  for (let next = run.next(); next !== null; next = run.next()) {
    run.now = Math.max(run.now, next.at);
    run.command({ type: 'deadline', ...next });
    run.meetJobs();
  }
  return { incident, fix, hearings: run.hearings };
}

const UID = 'forecast';
/** What becomes of a fix where it does not help. */
const FORECAST = { dry_run: 'dry_run', approval: 'awaiting_approval', automatic: 'refused' } as const;

class Run {
  now: number;
  readonly hearings: Hearing[] = [];
  readonly #rules: Rules;
  readonly #began: number;
  readonly #jobs: NewJob[] = [];
  #incident: Incident | null = null;
  #decisions = 0;

  constructor(rules: Rules, now: number) {
    this.#rules = rules;
    this.#began = now;
    this.now = now;
  }

  get incident(): Incident {
    if (this.#incident === null) throw new Error('nothing was opened yet');
    return this.#incident;
  }

  command(command: Command): void {
    this.#decisions += 1;
    const decision = decide(UID, this.#incident, command, this.#rules, this.now);
    if ('refused' in decision) return;
    this.#incident = decision.incident;
    this.#jobs.push(...decision.jobs);
  }

  /** What would be done at once: messages are noted, a bundle is packed, a known fix comes to nothing. */
  meetJobs(): void {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      if (job.kind === 'notify') this.#hear(job.payload);
      if (job.kind === 'fix') this.command({ type: 'fix_state', attempt: this.#noHelp(job.payload.fix) });
      if (job.kind === 'evidence' && job.payload.look === undefined && this.#rules.mode === 'observe')
        this.command({ type: 'evidence', evidence: this.#noLogs(), logLines: [] });
      if (job.kind !== 'handover') continue;
      const { notify, why } = job.payload;
      this.command({ type: 'handover', bundle: { sha256: '', bytes: 0 }, notify, why, problem: '' });
    }
  }

  /** The next moment at which something happens by itself; null where nothing does any more. */
  next(): { kind: 'ack' | 'level' | 'approval'; at: number } | null {
    const next = nextDeadline(this.incident);
    if (next === null || this.#decisions > DECISIONS_MAX || next.at > this.#began + HORIZON_MS) return null;
    const { kind, at } = next;
    return kind === 'ack' || kind === 'level' || kind === 'approval' ? { kind, at } : null;
  }

  #hear({ level, purpose, channel, recipient, why }: Extract<NewJob, { kind: 'notify' }>['payload']): void {
    this.hearings.push({ afterMs: this.now - this.#began, level, purpose, channel, recipient, why });
  }

  #noLogs(): Evidence {
    return {
      ...{ id: UID, kind: 'logs', state: 'unavailable', reason: 'a forecast asks no store', store: '', scope: '' },
      ...{ windows: [], counts: {}, lines: [], rawBlob: null, query: null, url: '', at: this.now },
    };
  }

  #noHelp(id: string): Attempt {
    const fix = this.#rules.selectFix(this.incident);
    const state = fix === null ? 'refused' : FORECAST[fix.mode];
    return {
      ...{ id: UID, fix: id, title: fix?.title ?? id, target: '', state },
      ...{
        reasons: state === 'refused' ? ['this forecast takes it that it does not run'] : [],
        startedAt: null,
        finishedAt: null,
      },
      ...{ exitCode: null, output: '', verification: null },
    };
  }
}
