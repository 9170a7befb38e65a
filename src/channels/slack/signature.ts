import { createHmac, timingSafeEqual } from 'node:crypto';

/** Older requests may be recorded ones. */
const TOLERANCE_S = 300;

/** What Slack signs (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
export interface SignedRequest {
  /** `X-Slack-Request-Timestamp`: seconds. */
  readonly timestamp: string | undefined;
  /** `X-Slack-Signature`: `v0=` and 64 hex digits. */
  readonly signature: string | undefined;
  /** As it came over the wire. */
  readonly body: Uint8Array;
}

/** Whether the request is recent and signed with this secret; compared in constant time. @param nowMs epoch milliseconds */
export function isSignedBySlack(secret: string, { timestamp, signature, body }: SignedRequest, nowMs: number): boolean {
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (signature === undefined || !/^v0=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
  const right = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(right, Buffer.from(signature.slice(3), 'hex'));
}
