import { cleanText } from '../domain/text.ts';
import { FINDINGS_MAX, type Note, type SetAside } from './source.ts';

const RAW_MAX = 2048;

/** Collects what was odd in a delivery, bounded: a hostile body must not become a list of millions. */
export class Findings {
  readonly setAside: SetAside[] = [];
  readonly notes: Note[] = [];
  #unlisted = 0;

  /** An alert that cannot be understood. */
  aside(index: number, field: string, problem: string, raw: unknown): void {
    if (this.setAside.length < FINDINGS_MAX - 1) {
      this.setAside.push({ index, field, problem, raw: cleanText(JSON.stringify(raw) ?? 'undefined', RAW_MAX) });
      return;
    }
    this.#unlisted += 1;
    const summary = `and ${this.#unlisted} more from here on, not listed singly`;
    const first = this.setAside[FINDINGS_MAX - 1] ?? { index, field, raw: '' };
    this.setAside[FINDINGS_MAX - 1] = { ...first, problem: summary };
  }

  /** Something odd about an alert that goes on. */
  note(index: number, field: string, problem: string): void {
    if (this.notes.length < FINDINGS_MAX) this.notes.push({ index, field, problem });
  }
}
