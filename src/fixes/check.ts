import type { KnownFix } from '../config/rules-schema.ts';
import { blanksOf, fillTemplate, templateProblem } from '../domain/template.ts';
import type { PlacedFault } from './http-request.ts';
import { promqlBlanks, promqlProblems, fillPromql } from './promql-template.ts';
import { fillUrl, hostReasons, isHostName, urlFaults } from './url-template.ts';
import { isForbiddenAddress } from '../net/address-guard.ts';
import { compileLinear } from '../domain/matcher.ts';

/** One question of an independent probe, with its blanks filled. */
export type Check =
  | { readonly kind: 'promql'; readonly query: string; readonly metrics: string | null }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly status: readonly number[];
      readonly contains: string | null;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

type Written = KnownFix['verify'];
type Look = (name: string) => string | undefined;

/** `{{ host }}:5432`, `db.example.org:5432`, `[::1]:5432`. */
const ADDRESS = /^(\[[0-9a-f:.]+\]|[^:[\]]+):(\d{1,5})$/i;

/** Every text of a verification that may hold blanks, by its key. In `anything` labels may stand, else parameters only. */
export function templatesOfCheck(verify: Written): { key: string; text: string; anything: boolean }[] {
  switch (verify.kind) {
    case 'promql':
      return [{ key: 'query', text: verify.query, anything: true }];
    case 'http': {
      const { url, contains = '' } = verify;
      return [
        { key: 'url', text: url, anything: true },
        { key: 'contains', text: contains, anything: false },
      ];
    }
    case 'tcp':
      return [{ key: 'address', text: verify.address, anything: false }];
  }
}

/** The names that a text of a verification mentions. */
export function blanksOfCheck({ kind }: Written, text: string): string[] {
  return kind === 'promql' ? promqlBlanks(text) : blanksOf(text);
}

/** What is wrong with a verification as it is written; places lie below `verify`. */
export function checkFaults({ verify, action }: Pick<KnownFix, 'verify' | 'action'>): PlacedFault[] {
  switch (verify.kind) {
    case 'promql':
      return promqlProblems(verify.query).map((message) => ({ at: ['query'], message, hint: '' }));
    case 'http': {
      const faults = urlFaults(verify.url, { hostMayVary: true });
      const odd = templateProblem(verify.contains ?? '');
      return [
        ...faults.map((fault) => ({ at: ['url'], ...fault })),
        ...(odd === null ? [] : [{ at: ['contains'], message: odd, hint: 'write {{ name }}' }]),
        ...(faults.length > 0 ? [] : hostFaults(['url'], verify.url, hostOf(verify.url), action.parameters)),
      ];
    }
    case 'tcp': {
      const match = ADDRESS.exec(verify.address);
      const hint = 'write {{ host }}:5432';
      if (match === null || Number(match[2]) > 65_535 || templateProblem(verify.address) !== null)
        return [{ at: ['address'], message: 'not a host and a port', hint }];
      return hostFaults(['address'], `tcp://${verify.address}`, match[1] ?? '', action.parameters);
    }
  }
}

function hostOf(url: string): string {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
}

/** Texts that a pattern for a host must not let pass: other places of an address, and where clouds serve credentials. */
const NO_HOSTS = [
  ...['a/b', 'a?b', 'a#b', 'a@b', 'a:80', 'a b', String.raw`a\b`, 'a%2fb', '[::1]'],
  ...['169.254.169.254', '2852039166', '0xa9fea9fe'],
];

/** A host that an alert may choose is a declared parameter, whose pattern admits host names only. */
function hostFaults(
  at: PlacedFault['at'],
  template: string,
  host: string,
  parameters: KnownFix['action']['parameters'],
): PlacedFault[] {
  return blanksOf(host).flatMap((name): PlacedFault[] => {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined)
      return [{ at, message: `the host may not come from ${name} unchecked`, hint: 'name a parameter with a pattern' }];
    const admitted = admittedBy(parameter.pattern, NO_HOSTS).find(
      (value) => hostReasons(value, template).length > 0 || isForbiddenHost(fillTemplate(host, () => value).text),
    );
    if (admitted === undefined) return [];
    const message = `the pattern of ${name} admits ${admitted}, which is no host to dial`;
    return [{ at, message, hint: String.raw`tighten it, such as [a-z][a-z0-9-]*\.example\.org` }];
  });
}

/** What a parameter would become for each text that its pattern lets pass. */
function admittedBy(pattern: string, texts: readonly string[]): string[] {
  try {
    const compiled = compileLinear(pattern);
    const hasValue = Object.hasOwn(compiled.namedGroups(), 'value');
    return texts.flatMap((text) => {
      const matcher = compiled.matcher(text);
      const value = matcher.matches() ? (hasValue ? matcher.group('value') : text) : null;
      return value === null ? [] : [value];
    });
  } catch {
    return []; // said of the pattern itself
  }
}

/** As a URL parser reads it: `2852039166` is 169.254.169.254. */
function isForbiddenHost(host: string): boolean {
  const address = `http://${host}`;
  return URL.canParse(address) && isForbiddenAddress(new URL(address).hostname);
}

/** The verification with every value escaped for where it stands, and the reasons why it may not be asked. */
export function renderCheck(verify: Written, look: Look, parameter: Look): { check: Check; reasons: string[] } {
  switch (verify.kind) {
    case 'promql': {
      const { text, reasons } = fillPromql(verify.query, look);
      return { check: { kind: 'promql', query: text, metrics: verify.metrics ?? null }, reasons };
    }
    case 'http': {
      const { text, reasons } = fillUrl(verify.url, look);
      const contains = verify.contains === undefined ? null : fillTemplate(verify.contains, parameter).text;
      return { check: { kind: 'http', url: text, status: verify.status, contains }, reasons };
    }
    case 'tcp': {
      const { text } = fillTemplate(verify.address, parameter);
      const [, host = '', port = ''] = ADDRESS.exec(text) ?? [];
      const bare = host.replace(/^\[|\]$/g, '');
      const good = isHostName(host) ? !isForbiddenHost(host) : host.startsWith('[') && !isForbiddenAddress(bare);
      const reasons = good ? [] : [`${JSON.stringify(text.slice(0, 80))} is no host and port to dial`];
      return { check: { kind: 'tcp', host: bare, port: Number(port) }, reasons };
    }
  }
}
