import { z } from 'zod';
import type { RequestHeaders } from '../source.ts';
import { basic, createBasic } from './basic.ts';
import { bearerToken, bearerTokenFiles, createBearerToken } from './bearer-token.ts';
import { createHeader, header } from './header.ts';
import { createHmacAuth, hmac } from './hmac.ts';
import { PROVEN, UNPROVEN, type AuthContext, type AuthMethod, type Proof } from './method.ts';

/** `auth` of a source. Several at once: any of them opens. */
export const auth = z
  .strictObject({
    bearer_token: bearerToken.describe('Authorization: Bearer …; better in a file').optional(),
    bearer_token_files: bearerTokenFiles
      .describe('Files with a token each; any of them opens, and they are read anew')
      .optional(),
    basic: basic.describe('User name and password').optional(),
    header: header.describe('A header with a secret value').optional(),
    hmac: hmac.describe('A signature over the body, as Grafana makes it').optional(),
  })
  .refine((settings) => Object.values(settings).some((value) => value !== undefined), {
    error: 'at least one of bearer_token, bearer_token_files, basic, header, hmac',
  })
  .meta({ minProperties: 1, description: 'How a sender proves itself; without it only this machine may post' });
export type AuthSettings = z.output<typeof auth>;

/** Every way that is configured, as one. Without settings everybody gets in. */
export function createAuth(settings: AuthSettings | undefined, context: AuthContext): AuthMethod {
  if (settings === undefined) return { challenge: '', check: () => PROVEN };
  const methods = methodsOf(settings, context);
  return {
    challenge: methods.map(({ challenge }) => challenge).join(', '),
    check: (headers, body) => best(methods, headers, body),
  };
}

function methodsOf(settings: AuthSettings, context: AuthContext): AuthMethod[] {
  const { bearer_token: token, bearer_token_files: files = [] } = settings;
  const tokens = token === undefined ? [] : [token];
  return [
    ...(tokens.length + files.length > 0 ? [createBearerToken(tokens, files, context)] : []),
    ...(settings.basic === undefined ? [] : [createBasic(settings.basic, context)]),
    ...(settings.header === undefined ? [] : [createHeader(settings.header, context)]),
    ...(settings.hmac === undefined ? [] : [createHmacAuth(settings.hmac, context)]),
  ];
}

const RANK: Readonly<Record<Proof['state'], number>> = { proven: 3, needs_body: 2, stale: 1, unproven: 0 };

/** Every method is asked: the first that proves it would tell by its time which it was. */
function best(methods: readonly AuthMethod[], headers: RequestHeaders, body: Uint8Array | null): Proof {
  let found: Proof = UNPROVEN;
  for (const method of methods) {
    const proof = method.check(headers, body);
    if (RANK[proof.state] > RANK[found.state]) found = proof;
  }
  return found;
}
