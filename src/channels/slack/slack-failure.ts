import { failure, type Failure, type FailureReason } from '../../domain/result.ts';

/**
 * What the `error` of a Slack answer means. Slack answers 200 with `ok: false`, and its list of errors grows, so an unknown one
 * counts as a refusal for good. Source: the "Errors" of chat.postMessage, chat.update, files.*External and
 * apps.connections.open (https://docs.slack.dev/reference/methods).
 */
const KNOWN: readonly (readonly [FailureReason, advice: string, errors: readonly string[]])[] = [
  [
    'unauthorized',
    'check the token of this channel',
    ['not_authed', 'invalid_auth', 'account_inactive', 'token_revoked', 'token_expired', 'not_allowed_token_type'],
  ],
  [
    'unauthorized',
    'give the app the scopes chat:write and files:write, and install it again',
    ['missing_scope', 'no_permission'],
  ],
  [
    'unauthorized',
    'the workspace forbids it: ask its administrators',
    ['access_denied', 'ekm_access_denied', 'enterprise_is_restricted', 'org_login_required', 'team_access_not_granted'],
  ],
  ['not_found', 'put the id of the channel (C…) into `channel`, and invite the app there', ['channel_not_found']],
  ['not_found', 'invite the app into the channel: /invite @…', ['not_in_channel']],
  ['not_found', 'the channel is archived: name another', ['is_archived']],
  ['not_found', 'the message is gone', ['message_not_found', 'thread_not_found']],
  ['rate_limited', 'it asks us to send less often', ['ratelimited', 'rate_limited', 'message_limit_exceeded']],
  ['server_error', 'its own trouble', ['internal_error', 'fatal_error', 'service_unavailable', 'team_added_to_org']],
  ['timed_out', 'it took too long over there', ['request_timeout']],
];

/** A failure that Slack named. */
export interface SlackFailure extends Failure {
  readonly slackError: string;
}

/** Whether a failure is one of those that Slack calls by these names. */
export function isSlackError(failed: Failure, ...errors: readonly string[]): boolean {
  return 'slackError' in failed && errors.includes(String(failed.slackError));
}

/** What Slack calls an error, kept to what such a word may be: `invalid_blocks`. */
export function errorWord(error: unknown): string {
  return typeof error === 'string' && /^[a-z0-9_]{1,60}$/i.test(error) ? error : 'an error without a name';
}

/** The failure behind `ok: false`. `needed` is the scope that Slack misses, where it says so. */
export function failureOfSlack(error: unknown, needed: unknown, retryAfterMs: number | null): SlackFailure {
  const word = errorWord(error);
  const known = KNOWN.find(([, , errors]) => errors.includes(word));
  const scope = typeof needed === 'string' && /^[a-z0-9:,._-]{1,80}$/i.test(needed) ? ` (it misses ${needed})` : '';
  const [reason, advice] = known ?? ['rejected', 'it would refuse the same again'];
  const more = retryAfterMs === null ? {} : { retryAfterMs };
  return { ...failure(reason, `Slack answers ${word}${scope}: ${advice}`, more), slackError: word };
}
