import { incidentId } from '../domain/incident.ts';
import type { BundleInput } from './bundle-input.ts';
import { bullets, document, inline } from './markdown.ts';

/** `timeline.md`: for people, one line an entry. */
export function timelineText({ incident, timeline }: BundleInput): string {
  const rows = timeline.map(
    ({ seq, at, actor, text }) => `**${seq}** ${at} (${inline(actor.name, 80)}) ${inline(text, 2000)}`,
  );
  return document([
    `# Timeline of ${incidentId(incident)}`,
    rows.length === 0
      ? 'The record holds no entries, which should not be: ask the bridge with `tierbell audit verify`.'
      : bullets(rows),
    'The same entries with their data lie in `timeline.ndjson`. Each `hash` there is the SHA-256, in hex, of the hash before it (64 zeros before the first), a line feed, and the RFC 8785 JSON of the entry without `hash`.',
  ]);
}

/** `timeline.ndjson`: for machines, as stored. */
export function timelineLines({ timeline }: BundleInput): string {
  return timeline
    .map(
      ({ incident, seq, at, actor, type, text, data, hash }) =>
        `${JSON.stringify({ incident, seq, at, actor, type, text, data, hash })}\n`,
    )
    .join('');
}
