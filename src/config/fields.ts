import { z } from 'zod';
import { CATEGORIES } from '../domain/category.ts';
import { DURATION_PATTERN, parseDuration } from '../domain/duration.ts';
import { LEVELS } from '../domain/incident.ts';
import { compileLinear, parseMatcher } from '../domain/matcher.ts';
import { PRIORITIES } from '../domain/priority.ts';
import { isForbiddenAddress } from '../net/address-guard.ts';

/** The field types that the YAML files share. After parsing, durations and sizes are numbers (milliseconds, bytes). */

const DURATION = 'a duration such as 30s, 5m, 1h30m or 24h';

/** A Prometheus duration; the result is milliseconds. */
export const duration = z
  .string({ error: DURATION })
  .meta({ pattern: DURATION_PATTERN, description: 'A duration, such as 30s, 5m, 1h30m or 24h' })
  .transform((text, ctx) => {
    const ms = parseDuration(text);
    if (ms === null) ctx.addIssue({ code: 'custom', message: 'not a duration', params: { allowed: DURATION } });
    return ms ?? 0;
  });

/** A duration that would make no sense as 0. */
export const positiveDuration = duration.refine((ms) => ms > 0, {
  error: 'too short',
  params: { allowed: 'a duration longer than 0' },
});

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)$/;
const sizeText = z.string().meta({ pattern: SIZE.source });

/** `32MB`, `512kB`, or a plain number of bytes; the result is bytes (1 MB = 1,000,000). */
export const size = z.union([z.number().int().positive(), sizeText]).transform((value, ctx) => {
  if (typeof value === 'number') return value;
  const match = SIZE.exec(value);
  const units: Record<string, number> = {
    B: 1,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
  };
  if (match === null)
    ctx.addIssue({ code: 'custom', message: 'not a size', params: { allowed: 'a size such as 512kB, 32MB or 8MiB' } });
  return match === null ? 0 : Math.floor(Number(match[1]) * (units[match[2] ?? 'B'] ?? 1));
});

/** One matcher of Alertmanager's, kept as text (compile with `parseMatcher`). */
export const matcher = z
  .string()
  .superRefine((text, ctx) => {
    reportThrown(ctx, 'a matcher such as severity="critical" or job=~"node.*"', () => parseMatcher(text));
  })
  .meta({ pattern: '=|!~' });
export const matchers = z
  .array(matcher)
  .describe('Matchers of Alertmanager, such as severity="critical" or job=~"node.*"; all of them must fit');

/** A regular expression, kept as text (compile with `compileLinear`). */
export const linearPattern = z
  .string()
  .min(1)
  .superRefine((text, ctx) => {
    reportThrown(ctx, 'an expression of RE2: no look-around, no back references', () => compileLinear(text));
  });

/** Of an expression for texts as long as logs: into how many steps its counted repetitions may unfold. */
const MAX_UNFOLDED = 1_000;

/** An expression over log lines. Time is linear in the text, and in the steps of the expression too: `(x?){500}x{500}`. */
export const logPattern = linearPattern.superRefine((text, ctx) => {
  const steps = stepsOf(text);
  if (steps === null || steps <= text.length + MAX_UNFOLDED) return;
  const message = `its repetitions unfold into ${steps} steps, which is too slow for logs`;
  ctx.addIssue({ code: 'custom', message, params: { allowed: 'smaller counts, such as {1,50}' } });
});

/** Null where it does not compile, which is told already. */
function stepsOf(expression: string): number | null {
  try {
    return compileLinear(expression).programSize();
  } catch {
    return null;
  }
}

/** Makes one issue of what `read` throws; its sentence must not repeat the value, which may hold a secret. */
function reportThrown(ctx: z.core.$RefinementCtx, allowed: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    ctx.addIssue({ code: 'custom', message: (error as Error).message, params: { allowed } });
  }
}

/** A name that others refer to. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._ -]{0,62}$/,
    'a name of letters, digits, dot, dash, underscore or space, at most 63 long',
  );

/** A name that is not one of those which Tierbell uses itself. */
export const nameBut = (taken: string) =>
  name.refine((text) => text !== taken, { params: { allowed: `any name but \`${taken}\`, which is Tierbell's own` } });

export const category = z
  .enum(CATEGORIES)
  .describe('One of the four, other (none of them), or unclassified (undecided)');
export const decidedCategory = z
  .enum(CATEGORIES)
  .exclude(['unclassified'])
  .describe('One of the four, or other (none of them)');
export const priority = z.enum(PRIORITIES).describe('P1 is the most urgent');

/** `2` or `"2"`; the result is text. */
export const level = z
  .union([z.number(), z.string()])
  .transform(String)
  .pipe(z.enum(LEVELS))
  .meta({
    enum: [...LEVELS, 1, 2, 3],
    description: '1 service desk, 2 technical support, 3 experts, x outside firms',
  });

/** An absolute http(s) address. */
export const httpAddress = z
  .url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
  .meta({ pattern: '^https?://', description: 'An address that begins with http:// or https://' });

/** Scheme, host and port of an http(s) address, in the one spelling of them that `URL.origin` gives. */
export const httpOrigin = httpAddress.transform((text, ctx) => {
  const url = new URL(text);
  const allowed = 'an origin such as https://deploy.example.org';
  if (isForbiddenAddress(url.hostname))
    ctx.addIssue({ code: 'custom', message: 'a link-local or metadata address is never dialled', params: { allowed } });
  else if (url.href !== `${url.origin}/`)
    ctx.addIssue({ code: 'custom', message: 'an origin has no path, query or login', params: { allowed } });
  return url.origin;
});

/** A map that must hold exactly one of these keys; JSON Schema says so too. @param error what is allowed */
export function exactlyOne<S extends z.ZodObject>(
  map: S,
  keys: readonly (string & keyof S['shape'])[],
  error: string,
): S {
  const oneOf = keys.map((key) => ({ required: [key] }));
  return map.refine((value) => keys.filter((key) => value[key] !== undefined).length === 1, { error }).meta({ oneOf });
}

const secretOrFile = 'the secret or its file, one of them';
const secret = z.string().min(1).describe('The secret itself; better in a file').optional();
const secretFile = z.string().min(1).describe('A file that holds the secret; it is read anew each time').optional();

/** How we log in where we dial over HTTP; files are read anew each time. */
export const httpLogin = exactlyOne(
  z.strictObject({
    bearer_token: secret,
    bearer_token_file: secretFile,
    basic: exactlyOne(
      z.strictObject({ username: z.string(), password: secret, password_file: secretFile }),
      ['password', 'password_file'],
      secretOrFile,
    ).optional(),
    header: exactlyOne(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9-]+$/, 'the name of a header'),
        value: secret,
        value_file: secretFile,
      }),
      ['value', 'value_file'],
      secretOrFile,
    ).optional(),
  }),
  ['bearer_token', 'bearer_token_file', 'basic', 'header'],
  'one of bearer_token, bearer_token_file, basic, header',
).describe('How to log in there');

/** Of a channel. */
export const observe = z.boolean().describe('Also told while mode is observe').default(false);

/** What every dialled address may add: TLS, a proxy, headers. */
export const dialling = {
  tls_config: z
    .strictObject({
      ca_file: z.string().describe('Certificates of the authority, PEM').optional(),
      insecure_skip_verify: z.boolean().describe('Takes any certificate; for trying out only').optional(),
    })
    .describe('TLS of what is dialled')
    .optional(),
  headers: z.record(z.string(), z.string()).describe('Headers that go with every request').optional(),
};
