import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { KnownFix } from '../config/rules-schema.ts';
import type { Labels } from '../domain/alert.ts';
import { blanksOf, fillTemplate } from '../domain/template.ts';
import { cleanLine } from '../domain/text.ts';
import { renderArgv } from './argv.ts';
import { renderCheck, type Check } from './check.ts';
import type { Executor } from './executor.ts';
import type { CompiledFix, FixFacts, FixMode, FixPlan, RenderedQuery } from './fix.ts';
import { renderRequest } from './http-request.ts';
import { fillParameters, readPath, type Origin } from './parameters.ts';
import { fillPromql } from './promql-template.ts';
import type { RenderedAction } from './rendered-action.ts';

export type Planned =
  { readonly ok: true; readonly plan: FixPlan } | { readonly ok: false; readonly reasons: string[] };

/**
 * Fills every blank of a fix from the facts, or says in sentences why it may not run. All reasons are given at once.
 * Pure but for `executor.refuses`, which may look at the program's path.
 */
export function planFix(
  compiled: CompiledFix,
  mode: FixMode,
  facts: FixFacts,
  executors: readonly Executor[],
): Planned {
  const { fix } = compiled;
  if (compiled.problems.length > 0)
    return {
      ok: false,
      reasons: compiled.problems.map((problem) => `the fix ${fix.id} is written wrongly: ${problem}`),
    };
  const { values, reasons } = fillParameters(compiled.parameters, facts);
  if (reasons.length > 0) return { ok: false, reasons };
  const { action, reasons: unfit } = renderAction(fix.action, values);
  const chosen = chooseExecutor(fix, facts.labels, executors);
  const targets = chooseTargets(compiled, facts);
  const queries = renderQueries(fix, facts, values);
  reasons.push(...unfit, ...chosen.reasons, ...targets.reasons, ...queries.reasons);
  if (chosen.executor === null || reasons.length > 0) return { ok: false, reasons };
  const refusal = chosen.executor.refuses(action);
  if (refusal !== null) return { ok: false, reasons: [refusal] };
  return { ok: true, plan: assemble(fix, mode, chosen.executor.name, targets, action, queries) };
}

function renderAction(
  written: KnownFix['action'],
  values: ReadonlyMap<string, string>,
): { action: RenderedAction; reasons: string[] } {
  switch (written.kind) {
    case 'command': {
      const { argv, reasons } = renderArgv(written.argv, values);
      return { action: { kind: 'command', argv, timeoutMs: written.timeout }, reasons };
    }
    case 'http':
      return renderRequest(written, values);
  }
}

function assemble(
  fix: KnownFix,
  mode: FixMode,
  executor: string,
  { target, targets }: Targets,
  action: RenderedAction,
  { verify, population, precondition }: Queries,
): FixPlan {
  const { cooldown, max_per_hour, max_targets } = fix.guards;
  return {
    fix: fix.id,
    title: fix.title,
    mode,
    executor,
    target,
    targets,
    action,
    verify: { ...verify, forMs: fix.verify.for, timeoutMs: fix.verify.timeout },
    guards: { cooldownMs: cooldown, maxPerHour: max_per_hour, maxTargets: max_targets, population, precondition },
    hash: hashAction(fix.id, target, executor, action),
  };
}

/** SHA-256 in hex of the RFC 8785 JSON of the four. */
export function hashAction(fix: string, target: string, executor: string, action: RenderedAction): string {
  const canonical = canonicalize({ action, executor, fix, target }) ?? '';
  return createHash('sha256').update(canonical).digest('hex');
}

/** The one that is named, else the only one that serves the alert and this kind of action. */
function chooseExecutor(
  fix: KnownFix,
  labels: Labels,
  executors: readonly Executor[],
): { executor: Executor | null; reasons: string[] } {
  const { kind } = fix.action;
  const serving = executors.filter((candidate) => candidate.kind === kind && candidate.serves(labels));
  const fitting = fix.executor === undefined ? serving : serving.filter(({ name }) => name === fix.executor);
  const [executor = null, ...others] = fitting;
  if (executor === null) {
    const which =
      fix.executor === undefined ? 'no executor' : `the executor ${fix.executor} is not there or not one that`;
    return {
      executor,
      reasons: [`${which} serves this alert with actions of kind ${kind}; see executors and their matchers`],
    };
  }
  if (others.length === 0) return { executor, reasons: [] };
  const names = fitting.map(({ name }) => name).join(', ');
  return { executor: null, reasons: [`${names} could all run it; name one as the fix's executor`] };
}

interface Targets {
  readonly target: string;
  readonly targets: readonly string[];
}

/** The target, and those of every alert that fires. Where one cannot be told, it counts as a target of its own. */
function chooseTargets(compiled: CompiledFix, facts: FixFacts): Targets & { reasons: string[] } {
  const { target: template } = compiled.fix;
  const used = new Set(blanksOf(template));
  const parameters = compiled.parameters.filter(({ name }) => used.has(name));
  const render = (origin: Origin): string | null => {
    const { values } = fillParameters(parameters, origin);
    const { text, missing } = fillTemplate(template, (name) => values.get(name) ?? readPath(origin, name));
    const target = cleanLine(text);
    return missing.length > 0 || target === '' ? null : target;
  };
  const target = render(facts);
  const { incident } = facts;
  const all = facts.firing.map(
    ({ labels, annotations }, index) => render({ labels, annotations, incident }) ?? `(untold ${index + 1})`,
  );
  const targets = [...new Set(all)];
  return { target: target ?? '', targets, reasons: targetReasons(template, target, targets, facts.hidden) };
}

function targetReasons(template: string, target: string | null, targets: readonly string[], hidden: number): string[] {
  if (target === null) return [`the target ${template} is empty for this alert`];
  if (hidden > 0) return [`the sender left out ${hidden} alerts of the group, so not every target is known`];
  if (targets.length === 0) return ['no alert of the incident fires, so there is no target'];
  return targets.includes(target)
    ? []
    : [`${target} does not fire any more; what fires is ${targets.slice(0, 3).join(', ')}`];
}

interface Queries {
  readonly verify: Check;
  readonly population: RenderedQuery | null;
  readonly precondition: RenderedQuery | null;
}

function renderQueries(
  fix: KnownFix,
  facts: FixFacts,
  values: ReadonlyMap<string, string>,
): Queries & { reasons: string[] } {
  const reasons: string[] = [];
  const render = (template: string, metrics: string | undefined): RenderedQuery => {
    const filled = fillPromql(template, (name) => values.get(name) ?? readPath(facts, name));
    reasons.push(...filled.reasons);
    return { query: filled.text, metrics: metrics ?? null };
  };
  const { population, precondition } = fix.guards;
  const parameter = (name: string): string | undefined => values.get(name);
  const verify = renderCheck(fix.verify, (name) => parameter(name) ?? readPath(facts, name), parameter);
  reasons.push(...verify.reasons);
  return {
    verify: verify.check,
    population: population === undefined ? null : render(population.promql, population.metrics),
    precondition: precondition === undefined ? null : render(precondition.promql, precondition.metrics),
    reasons,
  };
}
