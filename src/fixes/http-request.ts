import type { KnownFix } from '../config/rules-schema.ts';
import { isJsonPointer } from '../domain/json-pointer.ts';
import { blanksOf, fillTemplate, templateProblem } from '../domain/template.ts';
import type { HttpAction } from './rendered-action.ts';
import { encodeComponent, fillUrl, urlFaults } from './url-template.ts';

/** `action: { kind: http, … }` as it is written. */
export type WrittenRequest = Extract<KnownFix['action'], { kind: 'http' }>;
type Body = NonNullable<WrittenRequest['body']>;
type Look = (name: string) => string | undefined;
type Place = readonly (string | number)[];

/** What is wrong at one place of a fix, and the next step. */
export interface PlacedFault {
  readonly at: Place;
  readonly message: string;
  readonly hint: string;
}

/** Known only once the request has run; the executor fills them. */
const LATE = /^(?:attempt\.id$|response\.)/;

/** Set by the executor or by HTTP itself; those of a login would stand in the record. */
const NOT_FOR_ACTIONS =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept-encoding|idempotency-key|x-tierbell-.*|proxy-.*)$/i;
const OF_LOGINS = /^(?:authorization|cookie|private-token)$|(?:token|secret|password|api-?key)$/i;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FORM = 'application/x-www-form-urlencoded';

/** Every text of the request that may hold blanks, with its place below `action`. */
export function templatesOfRequest({ url, headers, body, poll }: WrittenRequest): (readonly [Place, string])[] {
  return [
    [['url'], url],
    ...Object.entries(headers).map(([name, value]) => [['headers', name], value] as const),
    ...(body === undefined ? [] : textsOf(body, ['body'])),
    ...(poll === undefined ? [] : [[['poll', 'url'], poll.url] as const]),
  ];
}

/** The names that the blanks of a text of the request mention, those left out that only a run can fill. */
export function blanksOfRequest(place: Place, text: string): string[] {
  const names = blanksOf(text);
  return place[0] === 'poll' ? names.filter((name) => !LATE.test(name)) : names;
}

function textsOf(body: unknown, place: Place): (readonly [Place, string])[] {
  if (typeof body === 'string') return [[place, body]];
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([key, value]: [string, unknown]) =>
    textsOf(value, [...place, Array.isArray(body) ? Number(key) : key]),
  );
}

/** What is wrong with a request as it is written. Which names its blanks may hold is not looked at. */
export function requestFaults(action: WrittenRequest): PlacedFault[] {
  const { url, method, headers, body, poll } = action;
  const urls = [
    { at: ['url'], template: url },
    ...(poll === undefined ? [] : [{ at: ['poll', 'url'], template: poll.url }]),
  ];
  const faults: PlacedFault[] = urls.flatMap(({ at, template }) =>
    urlFaults(template, { hostMayVary: false }).map((fault) => ({ at, ...fault })),
  );
  faults.push(...Object.entries(headers).flatMap(([name, value]) => headerFaults(name, value)));
  if (body !== undefined) faults.push(...bodyFaults(body, headers));
  if (body !== undefined && method === 'GET')
    faults.push({ at: ['body'], message: 'a GET carries no body', hint: 'take it out, or use another method' });
  if (poll !== undefined && !isJsonPointer(poll.pointer))
    faults.push({ at: ['poll', 'pointer'], message: 'not a JSON pointer', hint: 'write /status or /job/state' });
  return faults;
}

function headerFaults(name: string, value: string): PlacedFault[] {
  const at = ['headers', name];
  const odd = templateProblem(value);
  if (odd !== null) return [{ at, message: odd, hint: 'write {{ name }}' }];
  if (!TOKEN.test(name)) return [{ at, message: 'not the name of a header', hint: 'use letters, digits and dashes' }];
  if (NOT_FOR_ACTIONS.test(name))
    return [{ at, message: 'this header is set by Tierbell itself', hint: 'take it out' }];
  if (OF_LOGINS.test(name))
    return [
      { at, message: 'a login would stand in the record of every attempt', hint: 'put it into auth of the executor' },
    ];
  return isHeaderText(value.replaceAll(/\{\{[^}]*\}\}/g, 'x'))
    ? []
    : [{ at, message: 'a header holds plain ASCII on one line', hint: 'write it in plain ASCII' }];
}

function isHeaderText(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function bodyFaults(body: Body, headers: WrittenRequest['headers']): PlacedFault[] {
  if (typeof body !== 'string') return structureFaults(body, ['body']);
  const odd = templateProblem(body);
  if (odd !== null) return [{ at: ['body'], message: odd, hint: 'write {{ name }}' }];
  if (blanksOf(body).length === 0 || /^text\/plain\b/i.test(typeOf(body, headers))) return [];
  if (typeOf(body, headers) !== FORM)
    return [
      {
        at: ['body'],
        message: 'values cannot be escaped in a text of this content type',
        hint: `write JSON as a map, or say content-type: ${FORM} or text/plain`,
      },
    ];
  const names = body.split('&').map((pair) => pair.split('=', 1)[0] ?? '');
  if (!names.some((name) => blanksOf(name).length > 0) && !/%(?![0-9a-f]{2})/i.test(body)) return [];
  return [{ at: ['body'], message: 'not a form whose values are blanks', hint: 'write name={{ value }}&other=text' }];
}

/** Keys are never filled; a blank that stands in one would only look as if it were. */
function structureFaults(value: unknown, at: Place): PlacedFault[] {
  if (typeof value === 'string') {
    const odd = templateProblem(value);
    return odd === null ? [] : [{ at, message: odd, hint: 'write {{ name }}' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    ...(key.includes('{{')
      ? [{ at, message: 'a key of the body may not hold a blank', hint: 'put the blank into a value' }]
      : []),
    ...structureFaults(inner, [...at, Array.isArray(value) ? Number(key) : key]),
  ]);
}

function typeOf(body: Body, headers: WrittenRequest['headers']): string {
  const named = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return named ?? (typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json');
}

/** The request with every value escaped for where it stands, and the reasons why it may not be sent. */
export function renderRequest(written: WrittenRequest, values: ReadonlyMap<string, string>) {
  const look: Look = (name) => values.get(name);
  const url = fillUrl(written.url, look);
  const poll = written.poll === undefined ? null : renderPoll(written.poll, look);
  const headers = renderHeaders(written, look);
  const action: HttpAction = {
    kind: 'http',
    method: written.method,
    url: url.text,
    headers: headers.headers,
    body: written.body === undefined ? null : renderBody(written.body, written.headers, look),
    expect: written.expect?.status ?? null,
    poll: poll?.poll ?? null,
    timeoutMs: written.timeout,
  };
  return { action, reasons: [...url.reasons, ...headers.reasons, ...(poll?.reasons ?? [])] };
}

function renderHeaders({ headers, body }: WrittenRequest, look: Look) {
  const reasons: string[] = [];
  const filled: Record<string, string> = body === undefined ? {} : { 'content-type': typeOf(body, headers) };
  for (const [name, template] of Object.entries(headers)) {
    const { text } = fillTemplate(template, look);
    filled[name.toLowerCase()] = text;
    if (!isHeaderText(text) || text !== text.trim())
      reasons.push(
        `action.headers.${name}: a value holds what cannot stand in a header: ${JSON.stringify(text.slice(0, 80))}`,
      );
  }
  return { headers: filled, reasons };
}

function renderBody(body: Body, headers: WrittenRequest['headers'], look: Look): string {
  if (typeof body !== 'string') return JSON.stringify(fillStructure(body, look));
  return fillTemplate(body, look, typeOf(body, headers) === FORM ? encodeComponent : undefined).text;
}

/** Values go into the strings of the structure before it is written as JSON, so none can become structure. */
function fillStructure(value: unknown, look: Look): unknown {
  if (typeof value === 'string') return fillTemplate(value, look).text;
  if (Array.isArray(value)) return value.map((inner: unknown) => fillStructure(inner, look));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillStructure(inner, look)]));
}

/** What only a run can fill stays a blank; encoded values hold no braces, so none can become one. */
function renderPoll(poll: NonNullable<WrittenRequest['poll']>, look: Look) {
  const { url, pointer, success, failure, interval } = poll;
  const partly = fillTemplate(url, (name) => {
    const value = look(name);
    return LATE.test(name) ? `{{ ${name} }}` : value === undefined ? undefined : encodeComponent(value);
  });
  const reasons = [...partly.missing.map((name) => `${name} has no value`), ...fillUrl(partly.text, () => 'x').reasons];
  return { poll: { url: partly.text, pointer, success, failure, intervalMs: interval }, reasons };
}
