import { failure, success, type Outcome } from '../../domain/result.ts';
import { createHttpCaller, type HttpCaller } from '../http-caller.ts';
import type { SlackConfig } from '../kinds/slack.ts';
import { answerPress, type PressParts } from './answer-press.ts';
import { isResponseAddress, postResponse } from './response-url.ts';
import { readSecret } from './secret.ts';
import { startSocketMode, type SocketModeParts } from './socket-mode.ts';
import { createSlackApi, isSlackAddress } from './web-api.ts';

/** What comes in from Slack, over HTTP or over the connections that we open. */
export interface SlackDoor {
  /** The secrets with which Slack may have signed, read now; those that cannot be read are told to the log. */
  signingSecrets(): Promise<readonly string[]>;
  answer(payload: unknown, once: string): Promise<void>;
  /** Opens the connections of Socket Mode, one an app. */
  open(): void;
  close(): Promise<void>;
}

export interface DoorParts extends Omit<PressParts, 'respond'> {
  readonly log: SocketModeParts['log'];
  readonly random: () => number;
}

const RESPOND_TIMEOUT_MS = 10_000;

export function createSlackDoor(configs: readonly SlackConfig[], parts: DoorParts): SlackDoor {
  const doors = configs.map((config) => ({
    config,
    caller: createHttpCaller({ url: config.api_url, headers: config.headers, tls: config.tls_config, secrets: [] }),
  }));
  const stops: (() => Promise<void>)[] = [];
  const respond = (url: string, message: Readonly<Record<string, unknown>>): Promise<void> =>
    respondOver(doors, url, message, parts.log);
  const answer = async (payload: unknown, once: string): Promise<void> => {
    try {
      await answerPress({ ...parts, respond }, payload, once);
    } catch (error) {
      // Told here, because whoever asked may have stopped waiting for it.
      parts.log('warn', 'a press of a button in Slack could not be done', { error: String(error) });
      throw error;
    }
  };
  return {
    answer,
    async signingSecrets() {
      const given = configs.filter((one) => one.signing_secret !== undefined || one.signing_secret_file !== undefined);
      const read = await Promise.all(
        given.map((one) => readSecret(one.signing_secret, one.signing_secret_file, 'signing_secret_file')),
      );
      for (const one of read) if (!one.ok) parts.log('warn', one.detail, {});
      return [...new Set(read.flatMap((one) => (one.ok ? [one.value] : [])))];
    },
    open() {
      for (const { config, caller } of byApp(doors))
        stops.push(startSocketMode({ ...parts, answer, open: (signal) => openAddress(config, caller, signal) }));
    },
    async close() {
      await Promise.all(stops.map((stop) => stop()));
      for (const { caller } of doors) caller.close();
    },
  };
}

interface OneDoor {
  readonly config: SlackConfig;
  readonly caller: HttpCaller;
}

/** Channels of one app share its connection. */
function byApp(doors: readonly OneDoor[]): OneDoor[] {
  const apps = new Map<string, OneDoor>();
  for (const door of doors) {
    const { app_token: token, app_token_file: file, api_url: url } = door.config;
    if (token !== undefined || file !== undefined) apps.set(JSON.stringify([url, token, file]), door);
  }
  return [...apps.values()];
}

async function openAddress(config: SlackConfig, caller: HttpCaller, signal: AbortSignal): Promise<Outcome<string>> {
  const { api_url: apiUrl, app_token: token, app_token_file: file } = config;
  const readToken = (): Promise<Outcome<string>> => readSecret(token, file, 'app_token_file');
  const answer = await createSlackApi({ apiUrl, caller, readToken }).call('apps.connections.open', {}, signal);
  if (!answer.ok) return answer;
  const { url } = answer.value;
  return typeof url === 'string' && isSlackAddress(url, 'wss:', apiUrl)
    ? success(url)
    : failure('invalid_answer', 'Slack names an address for its connection that is not its own');
}

/** Answers the one who pressed; that it could not be said is told to the log, the press itself is done. */
async function respondOver(
  doors: readonly OneDoor[],
  url: string,
  message: Readonly<Record<string, unknown>>,
  log: DoorParts['log'],
): Promise<void> {
  const door = doors.find(({ config }) => isResponseAddress(url, [config.api_url]));
  if (door === undefined) return log('warn', 'a press named an address for the answer that is not of Slack', {});
  const sent = await postResponse(door.caller, url, message, AbortSignal.timeout(RESPOND_TIMEOUT_MS));
  if (!sent.ok) log('warn', 'whoever pressed a button in Slack could not be answered', { why: sent.detail });
}
