import { createHash } from 'node:crypto';
import { incidentId } from '../domain/incident.ts';
import { alertView, incidentView } from '../incidents/incident-view.ts';
import { aroundFiles } from './around-files.ts';
import type { BundleInput } from './bundle-input.ts';
import { checklist } from './checklist.ts';
import { fixFiles } from './fix-files.ts';
import { excerpt, queries } from './log-files.ts';
import { meetingInvitation } from './meeting.ts';
import { readme } from './readme.ts';
import { timelineLines, timelineText } from './timeline-files.ts';

export interface Bundle {
  /** `INC-7-handover-1.zip` */
  readonly name: string;
  /** A ZIP archive. */
  readonly bytes: Uint8Array;
  /** Of `bytes`, in hex. */
  readonly sha256: string;
  readonly files: readonly string[];
  /** `meeting.ics` once more, for channels that show an invitation by itself. */
  readonly meeting: string;
}

/**
 * Packs everything about an incident for the next level (contract, "The handover bundle"). Pure but for loading the packer:
 * the same input gives the same bytes, in every time zone.
 */
export async function buildBundle(input: BundleInput): Promise<Bundle> {
  const { incident, now, meetingUrl } = input;
  const n = incident.bundles + 1;
  const meeting = meetingInvitation({ incident, n, at: now, url: meetingUrl });
  const contents = [...textFiles(input, meeting), await rawFile(input)] as const;
  const files = new Map(contents.map(([name, content]) => [name, toBytes(content)]));
  files.set('SHA256SUMS', toBytes(checksums(files)));
  const bytes = await pack(files);
  return {
    name: `${incidentId(incident)}-handover-${n}.zip`,
    bytes,
    sha256: digest(bytes),
    files: [...files.keys()],
    meeting,
  };
}

function textFiles(input: BundleInput, meeting: string): [name: string, text: string][] {
  const { incident, alerts, links, procedure, situation = null } = input;
  return [
    ['README.md', readme(input)],
    ['checklist.md', checklist(incident, procedure)],
    ['incident.json', json(incidentView(incident, { ...{ alerts, links, procedure, situation }, full: true }))],
    ['alerts.json', json(alerts.map((alert) => alertView(alert)))],
    ['timeline.md', timelineText(input)],
    ['timeline.ndjson', timelineLines(input)],
    ['logs/excerpt.md', excerpt(input)],
    ['logs/query.json', json(queries(input))],
    ...aroundFiles(incident),
    ...fixFiles(incident.attempts),
    ['meeting.ics', meeting],
  ];
}

/** Several collections stand one after the other: gzip allows that, and every reader of it reads on. */
async function rawFile({ raw }: BundleInput): Promise<[name: string, bytes: Uint8Array]> {
  const { gzipSync } = await import('fflate');
  const bytes = raw.length === 0 ? gzipSync(new Uint8Array(), { mtime: 0 }) : Buffer.concat(raw);
  return ['logs/raw.ndjson.gz', bytes];
}

/** As `sha256sum` writes it. */
function checksums(files: ReadonlyMap<string, Uint8Array>): string {
  return [...files].map(([name, bytes]) => `${digest(bytes)}  ${name}\n`).join('');
}

/** The format keeps local time without a zone, from 1980 on: one fixed noon makes the bytes the same everywhere. */
const MTIME = new Date(1980, 0, 1, 12);

async function pack(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const { zipSync } = await import('fflate');
  const entries: Record<string, [Uint8Array, { level: 0 | 6 }]> = {};
  for (const [name, bytes] of files) entries[name] = [bytes, { level: name.endsWith('.gz') ? 0 : 6 }];
  return zipSync(entries, { mtime: MTIME });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
