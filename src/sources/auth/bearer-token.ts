import { z } from 'zod';
import {
  anyEqual,
  digest,
  headerBytes,
  oneHeader,
  PROVEN,
  UNPROVEN,
  type AuthContext,
  type AuthMethod,
} from './method.ts';
import { createSecrets } from './secret-file.ts';

export const bearerToken = z.string().min(1);
export const bearerTokenFiles = z.array(z.string().min(1)).min(1);

const SCHEME = 'bearer ';

/** `Authorization: Bearer …` (RFC 6750); any of the tokens opens. */
export function createBearerToken(
  tokens: readonly string[],
  files: readonly string[],
  context: AuthContext,
): AuthMethod {
  const secrets = createSecrets(tokens, files, context);
  return {
    challenge: 'Bearer realm="tierbell"',
    check(headers) {
      const token = tokenOf(oneHeader(headers, 'authorization'));
      if (token === null) return UNPROVEN;
      const presented = digest(headerBytes(token));
      return secrets.try(
        () => (anyEqual(presented, secrets.digests()) ? PROVEN : UNPROVEN),
        (proof) => proof === UNPROVEN,
      );
    },
  };
}

function tokenOf(header: string | null): string | null {
  if (header === null || header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return null;
  const token = header.slice(SCHEME.length).trim();
  return token === '' ? null : token;
}
