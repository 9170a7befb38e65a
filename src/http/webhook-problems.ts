import { nearest } from '../domain/nearest.ts';
import type { Problem } from './problem.ts';

/** What a webhook's sender is told when a request is not taken; each says what to change. */

/** Seconds after which a sender may try again; Alertmanager has a rhythm of its own. */
const RETRY_AFTER_S = '5';

/** @param names of the sources that exist */
export function noSuchSource(written: string, names: Iterable<string>): Problem {
  const meant = nearest(written, names);
  const hint =
    meant === null ? 'Sources are named in the configuration under `sources`.' : `Did you mean /webhooks/${meant}?`;
  return { status: 404, title: 'No such source', detail: `No source has this name. ${hint}` };
}

export function wrongMethod(method = ''): Problem {
  return {
    status: 405,
    title: 'Method not allowed',
    detail: `A webhook is sent with POST or PUT, not ${/^[A-Z]+$/.test(method) ? method : 'this'}; a redirect on the way turns POST into GET.`,
    headers: { Allow: 'POST, PUT' },
  };
}

export function badRequest(field: string, detail: string): Problem {
  return { status: 400, title: 'Not a payload of this source', detail, field };
}

export function tooLarge(maxBytes: number): Problem {
  return {
    status: 413,
    title: 'Body too large',
    detail: `The body exceeds ${maxBytes} bytes; raise \`max_body\` of this source or set \`max_alerts\` at the sender.`,
  };
}

/** @param most values, for a body of the largest size */
export function tooMany(most: number): Problem {
  return {
    status: 413,
    title: 'Body too large',
    detail: `The body holds more than ${most} values; set \`max_alerts\` at the sender, or raise \`max_body\` of this source.`,
  };
}

/** @param challenge for `WWW-Authenticate` */
export function unproven(challenge: string): Problem {
  return {
    status: 401,
    title: 'Not authenticated',
    detail:
      "The request carries no credentials of this source; compare what its sender is given with the source's `auth`.",
    headers: { 'WWW-Authenticate': challenge },
  };
}

/** A source without `auth` is open, and therefore only to this machine. */
export function onlyFromHere(name: string): Problem {
  return {
    status: 401,
    title: 'Only from this machine',
    detail: `The source ${name} has no \`auth\`, so it takes alerts from this machine only; give it \`auth\` in the configuration.`,
    headers: { 'WWW-Authenticate': 'Bearer realm="tierbell"' },
  };
}

/** Any page in a browser on this machine can send a text here, and would forge an alert. */
export function notFromPages(name: string): Problem {
  return {
    status: 403,
    title: 'Foreign origin',
    detail: `A page in a browser may not send alerts. The source ${name} has no \`auth\`; a sender that shows who it is may call from anywhere: give it \`auth\` in the configuration.`,
  };
}

/** Signed by the source's secret, but at a time that is not now: a replay, or clocks that differ. */
export function stale(offMs: number, challenge: string): Problem {
  const off = `${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ago' : 'ahead of our clock'}`;
  return {
    status: 401,
    title: 'Signature out of time',
    detail: `The request is signed correctly, but for ${off}; at most 300 s are taken. Compare the clocks of sender and bridge.`,
    headers: { 'WWW-Authenticate': challenge },
  };
}

/** An address below a source that its kind does not have. */
export function wrongPath({ name, kind }: { readonly name: string; readonly kind: string }): Problem {
  return {
    status: 404,
    title: 'No such address',
    detail: `The source ${name} is of kind ${kind}; send to /webhooks/${encodeURIComponent(name)} itself. Only a source of kind prometheus has /api/v2/alerts.`,
  };
}

export const WRONG_ENCODING: Problem = {
  status: 415,
  title: 'Unsupported content encoding',
  detail: 'Bodies are taken plain or with `Content-Encoding: gzip`.',
  headers: { 'Accept-Encoding': 'gzip, identity' },
};
export const CANNOT_STORE: Problem = {
  status: 503,
  title: 'Cannot store',
  detail: 'The delivery could not be written to disk and nothing was kept of it; please send it again.',
  headers: { 'Retry-After': RETRY_AFTER_S },
};
export const SHREDDED: Problem = {
  status: 400,
  title: 'Body in shreds',
  detail: 'The body comes in thousands of chunks of a few bytes; send it in larger ones.',
  headers: { Connection: 'close' },
};
export const BUSY: Problem = {
  ...CANNOT_STORE,
  title: 'Busy',
  detail: 'Too many large bodies at once; please send it again.',
};
