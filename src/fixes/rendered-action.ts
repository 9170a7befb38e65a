import { isSecretPath } from '../config/secrecy.ts';
import { cleanLine } from '../domain/text.ts';

/** A program and its arguments; `argv[0]` is its absolute path. */
export interface CommandAction {
  readonly kind: 'command';
  readonly argv: readonly string[];
  readonly timeoutMs: number;
}

/** One request, and how its effect is followed where it only begins something. */
export interface HttpAction {
  readonly kind: 'http';
  readonly method: string;
  readonly url: string;
  /** In lower case. What a login needs is not among them: the executor adds it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The statuses that mean success; null for every 2xx. */
  readonly expect: readonly number[] | null;
  readonly poll: HttpPoll | null;
  /** For everything together, following it included. */
  readonly timeoutMs: number;
}

/** Where the state of what was begun is read. */
export interface HttpPoll {
  /** May still hold `{{ attempt.id }}` and `{{ response.FIELD }}`: these are known only once it runs. */
  readonly url: string;
  /** RFC 6901. */
  readonly pointer: string;
  readonly success: readonly string[];
  readonly failure: readonly string[];
  readonly intervalMs: number;
}

/** An action with every blank filled. What is run is exactly this; approvals are bound to its hash. */
export type RenderedAction = CommandAction | HttpAction;

/** The action on one line, as a person would carry it out by hand. Values whose names speak of a secret are left out. */
export function describeAction(action: RenderedAction): string {
  switch (action.kind) {
    case 'command':
      return action.argv.join(' ');
    case 'http': {
      const { method, url, body, poll } = action;
      const sent = body === null ? '' : ` with ${cleanLine(hideInBody(body), 2000)}`;
      const followed = poll === null ? '' : `, then ${shownUrl(poll.url)} is watched`;
      return `${method} ${shownUrl(url)}${sent}${followed}`;
    }
  }
}

/** An address without the values of query parameters whose names speak of a secret. */
export function shownUrl(url: string): string {
  return url.replace(/([?&])([^=&#]*)=([^&#]*)/g, (whole, mark: string, key: string) =>
    isSecretPath([key]) ? `${mark}${key}=[hidden]` : whole,
  );
}

function hideInBody(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), (key, value: unknown) =>
      typeof value === 'string' && isSecretPath([key]) ? '[hidden]' : value,
    );
  } catch {
    return shownUrl(`?${body}`).slice(1);
  }
}
