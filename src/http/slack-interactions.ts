import { Router, type Request } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSignedBySlack } from '../channels/slack/signature.ts';
import { HttpProblem } from './http-problem.ts';
import { takeBody } from './take-body.ts';

/** What stands behind `POST /integrations/slack`. */
export interface SlackInteractions {
  /** The secrets with which Slack may have signed, one a channel that has one, read now. */
  signingSecrets(): Promise<readonly string[]>;
  /** Does what an interaction asks for; `once` is the same when the same request comes again. */
  answer(payload: unknown, once: string): Promise<void>;
  readonly now: () => number;
}

/** Slack shows an error after 3 s without an answer. */
const ANSWER_WITHIN_MS = 2_500;
const BODY_MAX = 256_000;

/**
 * `POST /integrations/slack`: presses of buttons. Only what Slack signed is read, over the body as it came; whatever is not
 * ours is answered with 200 and has no effect, or Slack would show an error to the one who pressed.
 */
export function createSlackInteractions(parts: SlackInteractions): Router {
  const router = Router();
  router.post('/', async (req, res) => {
    const body = await takeBody(req, res, BODY_MAX);
    const signature = await proven(parts, req, body);
    const payload = readPayload(body);
    // An answer that is late would be shown as a failure; what is under way goes on.
    const work = parts.answer(payload, signature);
    await Promise.race([work, sleep(ANSWER_WITHIN_MS, undefined, { ref: false })]);
    res.status(200).end();
  });
  return router;
}

/** The signature. @throws HttpProblem 401, 404 */
async function proven(parts: SlackInteractions, req: Request, body: Buffer): Promise<string> {
  const secrets = await parts.signingSecrets();
  if (secrets.length === 0)
    throw new HttpProblem({
      status: 404,
      title: 'Not configured',
      detail: 'No channel of kind slack has a signing_secret_file that can be read.',
    });
  const [timestamp, signature] = [header(req, 'x-slack-request-timestamp'), header(req, 'x-slack-signature')];
  const request = { timestamp, signature, body };
  let signed = false;
  for (const secret of secrets) if (isSignedBySlack(secret, request, parts.now())) signed = true;
  if (signed && signature !== undefined) return signature;
  throw new HttpProblem({
    status: 401,
    title: 'Not signed by Slack',
    detail: 'The signature does not fit, or is older than 5 minutes: check signing_secret_file and the clock.',
  });
}

function header(req: Request, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** @throws HttpProblem 400 */
function readPayload(body: Buffer): unknown {
  const text = new URLSearchParams(body.toString('utf8')).get('payload');
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    throw new HttpProblem({
      status: 400,
      title: 'Bad body',
      detail: 'The form field `payload` is no JSON.',
      field: 'payload',
    });
  }
}
