import type { Attachment } from '../channel.ts';

/** What fits into a message, in order, and for what does not a sentence that says where it is. */
export function chooseAttachments(
  attachments: readonly Attachment[],
  limitBytes: number,
): { carried: readonly Attachment[]; leftOut: readonly string[] } {
  const carried: Attachment[] = [];
  const leftOut: string[] = [];
  let room = limitBytes;
  for (const attachment of attachments) {
    const bytes = attachment.content.byteLength;
    if (bytes <= room) {
      carried.push(attachment);
      room -= bytes;
    } else {
      leftOut.push(`${attachment.name} (${speakBytes(bytes)}) is too large for this message. ${attachment.elsewhere}`);
    }
  }
  return { carried, leftOut };
}

/** For people: `512 B`, `12.3 kB`, `7.4 MB`. */
export function speakBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
