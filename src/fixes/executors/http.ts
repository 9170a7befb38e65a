import { z } from 'zod';
import { dialling, httpLogin, httpOrigin, matchers, name, positiveDuration } from '../../config/fields.ts';
import { matchesAll, parseMatcher } from '../../domain/matcher.ts';
import { readLogin } from '../../net/login.ts';
import { hideSecrets } from '../../net/sayer.ts';
import { defineExecutor, type RunResult } from '../executor.ts';
import type { RenderedAction } from '../rendered-action.ts';
import { runRequest } from '../run-request.ts';

const config = z.strictObject({
  name,
  kind: z.literal('http'),
  matchers: matchers.default([]),
  allow: z.array(httpOrigin).min(1).describe('Scheme, host and port; nothing else is dialled'),
  auth: httpLogin.optional(),
  timeout: positiveDuration.describe("For one request; without it the action's own timeout").optional(),
  ...dialling,
});

const NOT_MINE = 'this executor sends requests only; name another one';

/** Requests to the origins that are allowed, never over a redirect, a proxy of the environment, or to a metadata address. */
export const http = defineExecutor({
  kind: 'http',
  config,
  create(settings, { redact = asItIs } = {}) {
    const { name, kind, allow, headers = {} } = settings;
    const compiled = settings.matchers.map(parseMatcher);
    const own = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
    const refuses = (action: RenderedAction): string | null => refusal(action, allow);
    return {
      name,
      kind,
      serves: (labels) => matchesAll(compiled, labels),
      refuses,
      async run(action, attempt, signal) {
        const refused = refuses(action);
        if (refused !== null || action.kind !== 'http') return notStarted(refused ?? NOT_MINE);
        if (signal.aborted) return notStarted('it was called off before it started');
        const login = await readLogin(settings.auth);
        if (!login.ok) return notStarted(login.detail);
        const hide = hideSecrets([...login.value.secrets, ...Object.values(own)]);
        return runRequest(
          {
            ...{ action, attempt, tls: settings.tls_config, limitMs: settings.timeout },
            headers: { ...own, ...login.value.headers },
            redact: (text) => redact(hide(text)),
          },
          signal,
        );
      },
    };
  },
});

function refusal(action: RenderedAction, allow: readonly string[]): string | null {
  if (action.kind !== 'http') return NOT_MINE;
  const addresses = action.poll === null ? [action.url] : [action.url, action.poll.url];
  const outside = addresses.map(originOf).find((origin) => !allow.includes(origin));
  return outside === undefined ? null : `${outside} is not on the executor's allow list: ${allow.join(', ')}`;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'what is no address';
}

function asItIs(text: string): string {
  return text;
}

function notStarted(reason: string): RunResult {
  return { state: 'failed', exitCode: null, output: '', reason: `not started: ${reason}` };
}
