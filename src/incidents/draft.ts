import type { EntryType, NewEntry, NewEntryOf } from '../domain/entry.ts';
import { SYSTEM, type Actor, type DeadlineChange, type EntryData } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { NewJob } from '../domain/job.ts';
import { evolve } from './evolve.ts';
import { GENESIS, openEntry, sealEntry, type WireEntry } from './timeline.ts';

/** What a decision asks to be written, together and at once. */
export interface Decision {
  readonly incident: Incident;
  readonly entries: readonly WireEntry[];
  /** Outgoing work. Deadline jobs are not among it: they follow from `incident.deadlines`. */
  readonly jobs: readonly NewJob[];
}

/** A decision in the making: every entry is sealed and folded in as it is added, so that the next step sees it. */
export class Draft {
  readonly uid: string;
  readonly now: number;
  readonly #entries: WireEntry[] = [];
  readonly #jobs: NewJob[] = [];
  #incident: Incident | null;

  constructor(uid: string, incident: Incident | null, now: number) {
    this.uid = uid;
    this.#incident = incident;
    this.now = now;
  }

  /** The incident as it stands with all that was added. */
  get incident(): Incident {
    if (this.#incident === null) throw new Error('nothing was opened yet');
    return this.#incident;
  }

  add<T extends EntryType>(
    type: T,
    text: string,
    data: EntryData[T] & { deadlines?: DeadlineChange },
    actor: Actor = SYSTEM,
  ): void {
    const entry = { type, actor, text, data } as NewEntryOf<T> as NewEntry;
    const seq = (this.#incident?.seq ?? 0) + 1;
    const sealed = sealEntry(this.uid, seq, this.now, this.#incident?.head || GENESIS, entry);
    // From what is written, not from what was meant: so the fold of the record is the state, whatever the texts hold.
    this.#incident = evolve(this.#incident, openEntry(sealed));
    this.#entries.push(sealed);
  }

  /** Queues work; `key` is made unique to the incident and to the present entry. */
  queue(
    job: { [K in NewJob['kind']]: Omit<Extract<NewJob, { kind: K }>, 'key' | 'dueAt'> }[NewJob['kind']],
    name: string,
    dueAt = this.now,
  ): void {
    this.#jobs.push({ ...job, key: `${this.uid}:${this.incident.seq}:${name}`, dueAt });
  }

  done(): Decision {
    return { incident: this.incident, entries: this.#entries, jobs: this.#jobs };
  }
}
