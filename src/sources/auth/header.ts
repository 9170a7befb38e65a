import { z } from 'zod';
import { exactlyOne } from '../../config/fields.ts';
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

/** A field name of HTTP (RFC 9110, 5.1). */
export const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'the name of a header');

export const header = exactlyOne(
  z.strictObject({
    name: headerName,
    value: z.string().min(1).optional(),
    value_file: z.string().min(1).optional(),
  }),
  ['value', 'value_file'],
  'either value or value_file',
);

/** A header with a secret value: Alertmanager's `http_headers`, or `Authorization` with a scheme of one's own. */
export function createHeader(settings: z.output<typeof header>, context: AuthContext): AuthMethod {
  const { value, value_file: file } = settings;
  const name = settings.name.toLowerCase();
  const secrets = createSecrets(value === undefined ? [] : [value], file === undefined ? [] : [file], context);
  return {
    challenge: 'Header realm="tierbell"',
    check(headers) {
      const given = oneHeader(headers, name);
      if (given === null) return UNPROVEN;
      const presented = digest(headerBytes(given));
      return secrets.try(
        () => (anyEqual(presented, secrets.digests()) ? PROVEN : UNPROVEN),
        (proof) => proof === UNPROVEN,
      );
    },
  };
}
