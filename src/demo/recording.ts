import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The moment in the recordings that becomes the present when they are played. */
const RECORDED_AT = Date.parse('2026-03-02T09:30:00.000Z');
/** What lies further off is no time of a recording: Go's zero time, for one, which Alertmanager sends as `endsAt`. */
const WITHIN_MS = 7 * 86_400_000;

const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The recorded text with all its RFC 3339 times moved, so that it was recorded at `now` (epoch milliseconds). */
export function moveTimes(text: string, now: number): string {
  return text.replace(TIMES, (time) => {
    const at = Date.parse(time);
    return Math.abs(at - RECORDED_AT) > WITHIN_MS ? time : new Date(at - RECORDED_AT + now).toISOString();
  });
}

/** Copies the recorded logs, moved to `now`. */
export async function playLogs(from: string, to: string, now: number): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    await writeFile(join(to, name), moveTimes(await readFile(join(from, name), 'utf8'), now));
  }
}

/** A body as its sender would post it at `now`. */
export async function readAlert(file: string, now: number): Promise<string> {
  return JSON.stringify(JSON.parse(moveTimes(await readFile(file, 'utf8'), now)));
}
