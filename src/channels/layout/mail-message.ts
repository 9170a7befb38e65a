import type { SendMailOptions } from 'nodemailer';
import { cleanLine } from '../../domain/text.ts';
import type { Attachment, Notice } from '../channel.ts';
import { stableId } from '../stable-id.ts';
import { chooseAttachments } from './choose-attachments.ts';
import { noticeHtml } from './notice-html.ts';
import { noticeText } from './notice-text.ts';

/** Before encoding: many servers stop at 10 MB, and base64 makes 7 MB 9.6 on the wire. */
export const MAIL_ATTACHMENT_LIMIT_BYTES = 7_000_000;

/**
 * A notice as a mail. Its `Message-ID` is the same over retries, so that a second copy is known as one; all mails of an
 * incident refer to one id made from its uid, so that they stand in one thread without anybody keeping state.
 */
export function mailMessage(
  notice: Notice,
  from: string,
  to: readonly string[],
  limitBytes = MAIL_ATTACHMENT_LIMIT_BYTES,
): SendMailOptions {
  const domain = `tierbell.${domainOf(from)}`;
  const thread = `<${stableId(notice.uid, 'mail')}@${domain}>`;
  const { carried, leftOut } = chooseAttachments(notice.attachments, limitBytes);
  return {
    from,
    to: [...to],
    subject: cleanLine(notice.subject),
    date: new Date(notice.at),
    messageId: `<${stableId(notice.id, 'mail')}@${domain}>`,
    inReplyTo: thread,
    references: thread,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Tierbell-Incident': cleanLine(notice.incident, 40),
      'X-Tierbell-Purpose': notice.purpose,
    },
    text: noticeText(notice, leftOut),
    html: noticeHtml(notice, leftOut),
    attachments: carried.map((attachment) => part(attachment)),
  };
}

function part({ name, contentType, content }: Attachment): NonNullable<SendMailOptions['attachments']>[number] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return { filename: cleanLine(name, 120), contentType, content: bytes, contentDisposition: 'attachment' };
}

/** The domain of an address such as `Tierbell <bell@example.org>`; an id may stand in none that is not plain ASCII. */
function domainOf(from: string): string {
  return /@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>?\s*$/.exec(from)?.[1]?.toLowerCase() ?? 'invalid';
}
