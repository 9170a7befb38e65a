import { cleanLine } from '../domain/text.ts';
import { failure, type Failure, type FailureReason } from '../domain/result.ts';
import type { SendResult } from './channel.ts';
import { codeOf, failureOfCode } from '../net/failure-of-code.ts';

/** What an SMTP client reports of a refusal: of the whole message, or of one recipient. */
interface SmtpError {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  readonly recipient?: string | undefined;
}

export interface SmtpAnswer {
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  readonly rejectedErrors?: readonly SmtpError[] | undefined;
  readonly response: string;
}

/** One accepted recipient is a success that names whom the server refused; none is a failure. `say` blots out secrets. */
export function resultOfSmtp(answer: SmtpAnswer, say: (text: string) => string): SendResult {
  const refused = answer.rejected.map((recipient) => {
    const error = answer.rejectedErrors?.find((one) => one.recipient === recipient);
    return `${cleanLine(recipient, 120)} (${say(error?.response ?? 'no reason given')})`;
  });
  const accepted = answer.accepted.map((recipient) => cleanLine(recipient, 120)).join(', ');
  if (answer.accepted.length === 0)
    return failure('rejected', `the mail server refuses every recipient: ${refused.join('; ')}`);
  const detail = `accepted for ${accepted}: ${say(answer.response)}`;
  return { ok: true, detail: refused.length === 0 ? detail : `${detail}. REFUSED for ${refused.join('; ')}` };
}

/** The failure that an error of the mail client stands for: 4yz may pass later, 5yz never will (RFC 5321, 4.2.1). */
export function failureOfSmtp(error: unknown, say: (text: string) => string): Failure {
  const { code, responseCode, response } = error as SmtpError;
  if (responseCode !== undefined) return failureOfReply(responseCode, say(response ?? ''));
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return failure('unauthorized', 'the mail server offers no login that fits: check user and password in smtp_url');
  if (code === 'EENVELOPE')
    return failure('misconfigured', 'no mail can be sent with these addresses: check from and to of this channel');
  if (code === 'EMESSAGE') return failure('rejected', 'the message is larger than the mail server takes');
  return failureOfCode(codeOf(error));
}

function failureOfReply(replyCode: number, said: string): Failure {
  // 503 says that the session was in the wrong state, not that the message is refused.
  const permanent = replyCode >= 500 && replyCode !== 503;
  if ([530, 534, 535, 538].includes(replyCode)) {
    return failure(
      'unauthorized',
      `the mail server refuses the login: check user and password in smtp_url; it says: ${said}`,
    );
  }
  if (permanent) return failure('rejected', `the mail server refuses this mail for good; it says: ${said}`);
  return failure(temporaryReason(said), `the mail server cannot take this mail now; it says: ${said}`, {
    retryable: true,
  });
}

/** Policy replies (enhanced code 4.7.x) and talk of rates mean that we send too much. */
function temporaryReason(said: string): FailureReason {
  return /\b4\.7\.\d|rate limit|too many|slow down/i.test(said) ? 'rate_limited' : 'server_error';
}

/** True where a smaller message might pass: the announced SIZE is exceeded, or the server says so (552, 5.3.4, 5.2.3). */
export function isTooLarge(error: unknown): boolean {
  const { code, responseCode, response } = error as SmtpError;
  if (code === 'EMESSAGE' && responseCode === undefined) return true;
  return responseCode === 552 || (responseCode !== undefined && /\b5\.(3\.4|2\.3)\b/.test(response ?? ''));
}
