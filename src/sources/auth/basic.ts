import { z } from 'zod';
import { exactlyOne } from '../../config/fields.ts';
import { anyEqual, digest, oneHeader, PROVEN, UNPROVEN, type AuthContext, type AuthMethod } from './method.ts';
import { createSecrets } from './secret-file.ts';

export const basic = exactlyOne(
  z.strictObject({
    /** A colon would end it on the wire (RFC 7617). */
    username: z.string().regex(/^[^:]*$/, 'a name without a colon'),
    password: z.string().min(1).optional(),
    password_file: z.string().min(1).optional(),
  }),
  ['password', 'password_file'],
  'either password or password_file',
);

const SCHEME = 'basic ';

/** `Authorization: Basic …` (RFC 7617), the pair in UTF-8; also what a URL such as `https://user:pass@…` sends. */
export function createBasic(settings: z.output<typeof basic>, context: AuthContext): AuthMethod {
  const { username, password, password_file: file } = settings;
  const secrets = createSecrets(password === undefined ? [] : [password], file === undefined ? [] : [file], context);
  const name = digest(username);
  return {
    challenge: 'Basic realm="tierbell", charset="UTF-8"',
    check(headers) {
      const pair = pairOf(oneHeader(headers, 'authorization'));
      if (pair === null) return UNPROVEN;
      const presentedName = digest(pair.name);
      const presented = digest(pair.password);
      return secrets.try(
        () => {
          const known = anyEqual(presented, secrets.digests());
          return anyEqual(presentedName, [name]) && known ? PROVEN : UNPROVEN;
        },
        (proof) => proof === UNPROVEN,
      );
    },
  };
}

const COLON = 0x3a;

function pairOf(header: string | null): { name: Buffer; password: Buffer } | null {
  if (header === null || header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return null;
  const encoded = header.slice(SCHEME.length).trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  const pair = Buffer.from(encoded, 'base64');
  const colon = pair.indexOf(COLON);
  return colon < 0 ? null : { name: pair.subarray(0, colon), password: pair.subarray(colon + 1) };
}
