import { createHash } from 'node:crypto';
import { incidentId, type Incident } from '../domain/incident.ts';
import { cleanLine, cleanText, httpUrl } from '../domain/text.ts';

export interface Meeting {
  readonly incident: Pick<Incident, 'uid' | 'number' | 'title'>;
  /** The bundle that it belongs to: a later one is a meeting of its own. */
  readonly n: number;
  /** When the bundle was packed (epoch milliseconds); the meeting begins `afterMs` later. */
  readonly at: number;
  readonly afterMs?: number;
  readonly durationMs?: number;
  readonly url: string | null;
}

const AFTER_MS = 600_000;
const DURATION_MS = 900_000;

/** The invitation to the handover meeting as iCalendar (RFC 5545): CRLF, lines folded at 75 octets, text escaped, times in UTC. */
export function meetingInvitation(meeting: Meeting): string {
  const { incident, n, at, afterMs = AFTER_MS, durationMs = DURATION_MS } = meeting;
  const id = incidentId(incident);
  const url = httpUrl(meeting.url ?? '');
  const about = `${id} is handed over. Read README.md of the handover bundle first.`;
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Tierbell//Handover//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${calendarUid(incident.uid, n)}`,
    `DTSTAMP:${stamp(at)}`,
    `DTSTART:${stamp(at + afterMs)}`,
    `DTEND:${stamp(at + afterMs + durationMs)}`,
    `SUMMARY:${escapeText(cleanLine(`Handover ${id}: ${incident.title}`, 200))}`,
    `DESCRIPTION:${escapeText(url === '' ? about : `${about}\n${url}`)}`,
    ...(url === '' ? [] : [`LOCATION:${escapeText(url)}`, `URL:${url}`]),
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join('');
}

function calendarUid(uid: string, n: number): string {
  const safe = /^[A-Za-z0-9-]{1,64}$/.test(uid) ? uid : createHash('sha256').update(uid).digest('hex');
  return `${safe}-${n}@tierbell`;
}

/** `20260105T031500Z` */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** RFC 5545, 3.3.11. */
function escapeText(raw: string): string {
  return cleanText(raw)
    .replace(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n');
}

/** RFC 5545, 3.1: at most 75 octets a line, further ones begin with a space; no character is cut in two. */
function fold(line: string): string {
  let folded = '';
  let octets = 0;
  for (const char of line) {
    const size = Buffer.byteLength(char);
    if (octets + size > 75) {
      folded += '\r\n ';
      octets = 1;
    }
    folded += char;
    octets += size;
  }
  return folded;
}
