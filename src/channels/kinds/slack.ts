import { z } from 'zod';
import { dialling, httpAddress, name, observe } from '../../config/fields.ts';
import { defineChannel, type SendResult } from '../channel.ts';
import { createHttpCaller } from '../http-caller.ts';
import { createPost } from '../slack/post.ts';
import { readSecret } from '../slack/secret.ts';
import { createTurns, EVERY_MS, UPDATE_EVERY_MS, type Turns } from '../slack/turns.ts';
import { createSlackApi } from '../slack/web-api.ts';

const secretText = z.string().min(1).optional();
const secretFile = z.string().min(1).optional();

const config = z
  .strictObject({
    name,
    kind: z.literal('slack'),
    token: secretText.describe("The bot's token (xoxb-…, scopes chat:write and files:write); better in a file"),
    token_file: secretFile.describe("A file with the bot's token; it is read anew"),
    app_token: secretText.describe(
      'For Socket Mode (xapp-…, scope connections:write): the button works without a public address',
    ),
    app_token_file: secretFile.describe('A file with the token for Socket Mode'),
    signing_secret: secretText.describe('For presses of the button over HTTP, to /integrations/slack'),
    signing_secret_file: secretFile.describe('A file with the signing secret'),
    channel: z
      .string()
      .regex(/^[CGDUW][A-Z0-9]{2,20}$/, 'the id of a channel such as C0123ABCD (at the end of its details in Slack)'),
    api_url: httpAddress.default('https://slack.com/api/').transform((url) => url.replace(/\/*$/, '/')),
    observe,
    ...dialling,
  })
  .superRefine((config, ctx) => {
    if (config.token === undefined && config.token_file === undefined) {
      const params = { allowed: '`token_file`, or `token`' };
      ctx.addIssue({ code: 'custom', message: 'the token is missing', params });
    }
    for (const key of ['token', 'app_token', 'signing_secret'] as const) {
      if (config[key] === undefined || config[`${key}_file`] === undefined) continue;
      const params = { allowed: `one of \`${key}\` and \`${key}_file\`` };
      ctx.addIssue({ code: 'custom', path: [key], message: 'given twice', params });
    }
  })
  .meta({ anyOf: [{ required: ['token'] }, { required: ['token_file'] }] });

export type SlackConfig = z.output<typeof config>;

/**
 * Slack by its Web API: the first message of an incident, kept up to date in place; everything after it in its thread; files
 * uploaded there. Acknowledged by its button, where the presses can reach us.
 */
export const slack = defineChannel({
  kind: 'slack',
  config,
  create(config) {
    const { token, token_file, api_url, headers, tls_config } = config;
    const caller = createHttpCaller({ url: api_url, headers, tls: tls_config, secrets: [] });
    const api = createSlackApi({
      apiUrl: api_url,
      caller,
      readToken: () => readSecret(token, token_file, 'token_file'),
    });
    const turns = {
      send: createTurns(EVERY_MS, () => performance.now()),
      update: createTurns(UPDATE_EVERY_MS, () => performance.now()),
    };
    const post = createPost({ api, channel: config.channel, buttons: takesPresses(config) });
    const paced = async (of: Turns, sending: Promise<SendResult>): Promise<SendResult> => {
      const result = await sending;
      if (!result.ok && result.retryAfterMs !== undefined) of.hold(result.retryAfterMs);
      return result;
    };
    return {
      name: config.name,
      kind: 'slack',
      threaded: true,
      turnInMs: (id, what) => turns[what].inMs(id),
      heldMs: () => turns.send.heldMs(),
      send: (notice, signal) => paced(turns.send, post.send(notice, signal)),
      update: (notice, signal) => paced(turns.update, post.update(notice, signal)),
      async check(signal) {
        const answer = await api.call('auth.test', {}, signal);
        return answer.ok ? { ok: true, detail: 'Slack answers and takes the token; nothing was sent' } : answer;
      },
      close() {
        caller.close();
        return Promise.resolve();
      },
    };
  },
});

/** Whether a press of the button can reach us at all. */
function takesPresses({ app_token, app_token_file, signing_secret, signing_secret_file }: SlackConfig): boolean {
  return [app_token, app_token_file, signing_secret, signing_secret_file].some((one) => one !== undefined);
}
