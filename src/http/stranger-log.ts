import { cleanLine } from '../domain/text.ts';

/** Of the same source and status one line a minute: strangers must not fill the disk. */
const QUIET_MS = 60_000;

/** What is said of a request that proved nothing, and of which nothing is kept. */
export interface Stranger {
  /** A configured name, or `unknown`. */
  readonly source: string;
  /** The name that was asked for. */
  readonly name: string;
  /** The address that it came from. */
  readonly from: string;
  readonly status: number;
  readonly detail: string;
}

/** @returns says it, or counts it until it may be said again */
export function createStrangerLog(warn: (message: string) => void, now: () => number): (stranger: Stranger) => void {
  const said = new Map<string, { at: number; unsaid: number }>();
  return ({ source, name, from, status, detail }) => {
    const key = `${source} ${status}`;
    const last = said.get(key);
    const since = last === undefined ? Infinity : now() - last.at;
    if (last !== undefined && since >= 0 && since < QUIET_MS) return void last.unsaid++;
    const more =
      last === undefined || last.unsaid === 0 ? '' : ` (and ${last.unsaid} like it since the last such line)`;
    said.set(key, { at: now(), unsaid: 0 });
    warn(
      `a request to /webhooks/${cleanLine(name, 60)} from ${from} was refused, nothing of it is kept: ${status} ${detail}${more}`,
    );
  };
}
