import { readFile } from 'node:fs/promises';
import type { SendMailOptions } from 'nodemailer';
import { z } from 'zod';
import { dialling, name, observe } from '../../config/fields.ts';
import { defineChannel, type SendResult } from '../channel.ts';
import { mailMessage } from '../layout/mail-message.ts';
import { failureOfCode } from '../../net/failure-of-code.ts';
import { sayer } from '../../net/sayer.ts';
import { failureOfSmtp, isTooLarge, resultOfSmtp } from '../smtp-result.ts';

/** `ada@example.org`, `root@localhost`, `Ada <ada@example.org>`, several with commas: what has no address reaches nobody. */
const address = z.string().regex(/[^\s@<>,]@[^\s@<>,]/, { error: 'a mail address such as l2@example.org' });

const config = z.strictObject({
  name,
  kind: z.literal('email'),
  smtp_url: z
    .url({ protocol: /^smtps?$/, error: 'an address that begins with smtp:// or smtps://' })
    .meta({ pattern: '^smtps?://', description: 'smtp://user:password@host:port, or smtps://…' }),
  from: address,
  to: z.array(address).min(1),
  observe,
  tls_config: dialling.tls_config,
});
type EmailConfig = z.output<typeof config>;

/** Wall-clock time of one mail, its attachments included. */
const SEND_TIMEOUT_MS = 60_000;

/** Mail over SMTP, with the files attached as far as a mail can carry them. `smtp_url` may hold a password and is never shown. */
export const email = defineChannel({
  kind: 'email',
  config,
  create(config) {
    const say = sayer(secretsOf(config.smtp_url));
    let opened: ReturnType<typeof openPool> | null = null;
    const pool = (): ReturnType<typeof openPool> => {
      opened ??= openPool(config);
      // A missing file may be there next time.
      opened.catch(() => (opened = null));
      return opened;
    };
    return {
      name: config.name,
      kind: 'email',
      async send(notice, signal) {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
        const deliver = async (message: SendMailOptions): Promise<SendResult> =>
          resultOfSmtp(await (await pool()).sendMail({ ...message, signal: limited }), say);
        try {
          return await deliver(mailMessage(notice, config.from, config.to));
        } catch (error) {
          if (!isTooLarge(error) || notice.attachments.length === 0) return failed(error, limited, say);
          // Fail open to tell: better without the file than not at all. Nothing was delivered, a refusal is final.
          return deliver(mailMessage(notice, config.from, config.to, 0)).catch((again: unknown) =>
            failed(again, limited, say),
          );
        }
      },
      async check(signal) {
        try {
          await abortable((await pool()).verify(), signal);
          return { ok: true, detail: 'the mail server answers and takes the login; nothing was sent' };
        } catch (error) {
          return failed(error, signal, say);
        }
      },
      async close() {
        const open = await opened?.catch(() => null);
        open?.close();
      },
    };
  },
});

function failed(error: unknown, signal: AbortSignal, say: (text: string) => string): SendResult {
  return signal.aborted ? failureOfCode('ETIMEDOUT') : failureOfSmtp(error, say);
}

/** Few connections, none kept idle for long; sending again is the outbox's business, not the library's. */
async function openPool({ smtp_url, tls_config }: EmailConfig) {
  const ca = tls_config?.ca_file === undefined ? undefined : await readFile(tls_config.ca_file);
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url: smtp_url,
    pool: true,
    maxConnections: 2,
    maxMessages: 100,
    maxRequeues: 0,
    idleTimeout: 10_000,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    dnsTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: tls_config?.insecure_skip_verify !== true },
  });
}

function secretsOf(smtpUrl: string): string[] {
  const { username, password, search } = new URL(smtpUrl);
  const [user, pass] = [decoded(username), decoded(password)];
  return [smtpUrl, pass, password, search.slice(1), ...(pass === '' ? [] : [`\u0000${user}\u0000${pass}`])];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare percent sign
  }
}

/** Settles with the promise, or rejects once the signal aborts; what is left running ends by its own time limits. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
