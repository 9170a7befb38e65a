import { isForbiddenAddress } from '../net/address-guard.ts';
import { blanksOf, fillTemplate, templateProblem } from '../domain/template.ts';

/**
 * Filling URL templates. A blank may stand within a segment of the path or within the value of a query parameter, where
 * it is percent-encoded; in the host only where the caller says so. https://url.spec.whatwg.org, RFC 3986.
 */
interface UrlParts {
  readonly scheme: string;
  /** Host and port. */
  readonly authority: string;
  readonly path: string;
  /** With its question mark, or ''. */
  readonly query: string;
}

const SHAPE = /^(https?:\/\/)([^/?#]+)([^?#]*)(\?[^#]*)?$/i;

/** What a template is wrong about, with the next step. */
export interface Fault {
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with a URL template as it is written. Which names its blanks may hold is not looked at. */
export function urlFaults(template: string, { hostMayVary }: { readonly hostMayVary: boolean }): Fault[] {
  const odd = templateProblem(template);
  if (odd !== null) return [{ message: odd, hint: 'write {{ name }}' }];
  const parts = split(template);
  const varying = parts === null ? [] : authorityFaults(parts.authority, hostMayVary);
  if (varying.length > 0) return varying;
  if (parts === null || !URL.canParse(template.replaceAll(/\{\{[^}]*\}\}/g, 'x')))
    return [{ message: 'not an http(s) address without a fragment', hint: 'write https://host/path?name={{ value }}' }];
  const literal = template.replaceAll(/\{\{[^}]*\}\}/g, '\0');
  return [...literalFaults(literal), ...queryFaults(parts.query)];
}

function authorityFaults(authority: string, hostMayVary: boolean): Fault[] {
  if (authority.includes('@'))
    return [{ message: 'an address holds no name and password here', hint: 'put them into auth of the executor' }];
  const [host = '', port = '', ...more] = authority.startsWith('[') ? [authority] : authority.split(':');
  if (blanksOf(authority).length === 0) return [];
  if (!hostMayVary)
    return [{ message: 'host and port may not hold a blank', hint: 'write them out, and allow them at the executor' }];
  return more.length > 0 || blanksOf(port).length > 0 || blanksOf(host).length > 1
    ? [{ message: 'only the host may be a blank, and only one', hint: 'write the port out' }]
    : [];
}

/** Values must not change what stands around them: `%` before one would take its first digits. NUL marks the blanks. */
function literalFaults(literal: string): Fault[] {
  // eslint-disable-next-line no-control-regex -- what parsers drop or turn around must not stand in an address
  if (/[\u0001-\u0020\u007f\\]/.test(literal))
    return [{ message: 'blanks, controls and \\ are not part of an address', hint: 'percent-encode them' }];
  return /%(?![0-9a-f]{2})/i.test(literal)
    ? [{ message: 'a % here begins no percent-encoded character', hint: 'write %25 for the sign itself' }]
    : [];
}

function queryFaults(query: string): Fault[] {
  const names = query
    .slice(1)
    .split('&')
    .map((pair) => pair.split('=', 1)[0] ?? '');
  return names.some((name) => blanksOf(name).length > 0)
    ? [{ message: 'an alert may not choose the name of a query parameter', hint: 'write ?name={{ value }}' }]
    : [];
}

/** The address with every value encoded for where it stands, and the reasons why it may not be dialled. */
export function fillUrl(
  template: string,
  lookUp: (name: string) => string | undefined,
): { text: string; reasons: string[] } {
  const parts = split(template);
  if (parts === null) return { text: '', reasons: [`${template} is no address`] };
  const reasons: string[] = [];
  const fill = (text: string, escape: (value: string) => string): string => {
    const filled = fillTemplate(text, lookUp, (value) => {
      if (value.isWellFormed()) return escape(value);
      reasons.push(`a value for ${template} holds half a character`);
      return '';
    });
    reasons.push(...filled.missing.map((name) => `${name} has no value for the address ${template}`));
    return filled.text;
  };
  const host = fill(parts.authority, (value) => {
    reasons.push(...hostReasons(value, template));
    return isHostName(value) ? value : 'invalid';
  });
  const segments = parts.path.split('/').map((segment) => fill(segment, encodeComponent));
  const climbing = segments.filter(climbs);
  reasons.push(
    ...climbing.map((segment) => `${JSON.stringify(segment)} would lead out of its place in the path of ${template}`),
  );
  const text = `${parts.scheme}${host}${segments.join('/')}${fill(parts.query, encodeComponent)}`;
  if (reasons.length > 0 || !URL.canParse(text)) return { text: '', reasons: orNoAddress(reasons, template) };
  const url = new URL(text);
  if (isForbiddenAddress(url.hostname))
    return { text: '', reasons: [`${template} would lead to a link-local or metadata address`] };
  return { text: url.href, reasons };
}

function orNoAddress(reasons: readonly string[], template: string): string[] {
  return reasons.length > 0 ? [...reasons] : [`${template} gives no address for this alert`];
}

/** As `encodeURIComponent`, and what it leaves although it is reserved (RFC 3986, 2.2). */
export function encodeComponent(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Whether a segment is `.` or `..`, or would hold one where a server decodes slashes in it. */
function climbs(segment: string): boolean {
  return decode(segment)
    .split(/[/\\]/)
    .some((piece) => piece === '.' || piece === '..');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%2e/gi, '.');
  }
}

/** A DNS name or an IPv4 address: labels of letters, digits, dashes and underscores. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(part));
}

export function hostReasons(value: string, template: string): string[] {
  return isHostName(value) ? [] : [`${JSON.stringify(value.slice(0, 80))} is no host name, which ${template} needs`];
}

function split(template: string): UrlParts | null {
  const match = SHAPE.exec(template);
  if (match === null) return null;
  const [, scheme = '', authority = '', path = '', query = ''] = match;
  return { scheme, authority, path, query };
}
