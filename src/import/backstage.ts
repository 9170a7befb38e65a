import { z } from 'zod';
import { httpUrl } from '../domain/text.ts';

/**
 * Entities as Backstage writes them, https://backstage.io/docs/features/software-catalog/descriptor-format: of each only
 * what a service needs. Anything else in them is left alone.
 */
const text = z.string().max(4000);
const texts = z.record(z.string(), z.unknown()).catch({});
const entity = z.object({
  kind: text,
  metadata: z.object({
    name: text,
    annotations: texts,
    labels: texts,
    links: z
      .array(
        z
          .object({ url: text, title: text.catch(''), type: text.catch('') })
          .nullable()
          .catch(null),
      )
      .catch([]),
  }),
  spec: z
    .object({ type: text.catch(''), owner: text.catch(''), dependsOn: z.array(text).catch([]) })
    .catch({ type: '', owner: '', dependsOn: [] }),
});
type Entity = z.output<typeof entity>;

/** A service as `rules/services.yaml` writes it; what is not known is left out. */
export interface ImportedService {
  readonly name: string;
  readonly team?: string;
  readonly tier?: number;
  readonly depends_on?: readonly string[];
  readonly runbook?: string;
  readonly contacts?: readonly string[];
}

export interface Imported {
  readonly services: readonly ImportedService[];
  /** The teams that must stand under `teams`, by name. */
  readonly teams: readonly string[];
  /** What was left out and why, a sentence each. */
  readonly notes: readonly string[];
}

/** What runs and may fail. A library or a page of documentation fires no alert. */
const KINDS: ReadonlySet<string> = new Set(['component', 'resource']);
const NOT_RUNNING: ReadonlySet<string> = new Set(['library', 'documentation', 'template']);
/** What a service may be called (`config/fields.ts`). */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,62}$/;

/** Services from the documents of `catalog-info.yaml`, or from what Backstage's API lists. Pure. */
export function importBackstage(documents: readonly unknown[]): Imported {
  const notes: string[] = [];
  const entities = documents.flatMap(listed).flatMap((one, index): Entity[] => {
    const kind = kindOf(one);
    if (!KINDS.has(kind)) return [];
    const read = entity.safeParse(one);
    if (!read.success) notes.push(`entry ${index + 1}, a ${kind}, is left out: it has no name`);
    return read.success ? [read.data] : [];
  });
  const kept = new Map<string, Entity>();
  for (const one of entities) {
    const why = whyNot(one, kept);
    if (why === '') kept.set(one.metadata.name, one);
    else notes.push(`${shown(one.metadata.name)} is left out: ${why}`);
  }
  const services = [...kept.values()].map((one) => toService(one, kept, notes));
  const teams = [...new Set(services.flatMap(({ team }) => (team === undefined ? [] : [team])))].toSorted();
  return { services, teams, notes };
}

function kindOf(one: unknown): string {
  const read = z.object({ kind: text }).safeParse(one);
  return read.success ? read.data.kind.toLowerCase() : '';
}

/** A document is one entity, a list of them, or a page of a list. */
function listed(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document;
  const page = z.object({ items: z.array(z.unknown()) }).safeParse(document);
  return page.success ? page.data.items : [document];
}

function whyNot({ metadata: { name }, spec: { type } }: Entity, kept: ReadonlyMap<string, Entity>): string {
  if (NOT_RUNNING.has(type.toLowerCase())) return `a ${type.toLowerCase()} fires no alerts`;
  if (!NAME.test(name)) return 'no service may be called so';
  return kept.has(name) ? 'there are two of this name' : '';
}

function toService(one: Entity, kept: ReadonlyMap<string, Entity>, notes: string[]): ImportedService {
  const { name } = one.metadata;
  const team = teamOf(one.spec.owner);
  if (team === null && one.spec.owner !== '')
    notes.push(`${name}: its owner ${shown(one.spec.owner)} is no team, so no team owns it`);
  const needed = dependenciesOf(one, kept, notes);
  const tier = tierOf(one);
  const runbook = linkOf(one, /runbook|playbook/i);
  const contacts = [...new Set(linksOf(one, /slack|chat|support|contact|on-?call/i))].slice(0, 5);
  return {
    name,
    ...(team === null ? {} : { team }),
    ...(tier === null ? {} : { tier }),
    ...(needed.length === 0 ? {} : { depends_on: needed }),
    ...(runbook === '' ? {} : { runbook }),
    ...(contacts.length === 0 ? {} : { contacts }),
  };
}

/** `[kind:][namespace/]name`. */
function readReference(text: string): { kind: string; name: string } {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
  return { kind, name: text.slice(colon + 1).replace(/^[^/]*\//, '') };
}

function teamOf(owner: string): string | null {
  const { kind, name } = readReference(owner);
  return (kind === '' || kind === 'group') && NAME.test(name) ? name : null;
}

function dependenciesOf({ metadata, spec }: Entity, kept: ReadonlyMap<string, Entity>, notes: string[]): string[] {
  const names = [...new Set(spec.dependsOn.map((reference) => readReference(reference).name))];
  const missing = names.filter((name) => !kept.has(name) && name !== metadata.name);
  if (missing.length > 0)
    notes.push(`${metadata.name} also depends on ${missing.map(shown).join(', ')}, which is not here`);
  return names.filter((name) => kept.has(name) && name !== metadata.name);
}

/** `example.org/tier: "1"`, `service-tier: tier-2`, in annotations or labels. */
function tierOf({ metadata: { annotations, labels } }: Entity): number | null {
  for (const [key, value] of Object.entries({ ...labels, ...annotations })) {
    if (!/(^|[/._-])tier$/i.test(key)) continue;
    const tier = /^(?:tier|t)?[ _-]?([1-4])$/i.exec(String(value).trim())?.[1];
    if (tier !== undefined) return Number(tier);
  }
  return null;
}

function linkOf(one: Entity, meant: RegExp): string {
  const annotated = Object.entries(one.metadata.annotations).find(([key]) => meant.test(key))?.[1];
  return linksOf(one, meant)[0] ?? httpUrl(typeof annotated === 'string' ? annotated : '');
}

function linksOf({ metadata: { links } }: Entity, meant: RegExp): string[] {
  return links
    .flatMap((link) => (link !== null && meant.test(`${link.type} ${link.title}`) ? [httpUrl(link.url)] : []))
    .filter((url) => url !== '' && url.length <= 200);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
