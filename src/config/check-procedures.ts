import { didYouMean } from '../domain/nearest.ts';
import { PROCEDURE_BLANKS } from '../domain/procedure-blanks.ts';
import { blanksOf, templateProblem } from '../domain/template.ts';
import type { Draft, Item } from './draft.ts';
import type { Path, Problem } from './problem.ts';
import { inForce } from './procedures-in-force.ts';
import type { Procedure } from './rules-schema.ts';

const OPEN = /^(labels|annotations)\..+$/;
const ALLOWED = `labels.NAME, annotations.NAME, ${PROCEDURE_BLANKS.join(', ')}`;

/**
 * Blanks that nothing could ever fill, and steps of one category that share an id: ticking one off would tick off both.
 * That a label is missing is no mistake: it depends on the alert, and the step then says so.
 */
export function checkProcedures(draft: Draft): Problem[] {
  const first = new Map<string, string>();
  const procedures = inForce(draft.procedures.map((item) => ({ item, file: item.file.name, procedure: item.value })));
  return procedures.flatMap(({ item }) =>
    (item.value?.steps ?? []).flatMap((step, index) => {
      const path = [...item.path, 'steps', index];
      return [
        ...(['text', 'link'] as const).flatMap((key) => blankProblems(item, [...path, key], step[key])),
        ...twice(item, [...path, 'id'], step.id, first),
      ];
    }),
  );
}

function blankProblems({ file }: Item<Procedure>, path: Path, template: string): Problem[] {
  const broken = templateProblem(template);
  const found = file.speak(path);
  const problem =
    broken === null ? null : file.problem({ path, message: broken, found, hint: 'write {{ name }}', allowed: ALLOWED });
  const unknown = blanksOf(template)
    .filter((name) => !OPEN.test(name) && !PROCEDURE_BLANKS.includes(name))
    .map((name) => {
      const message = `nothing fills \`{{ ${name} }}\``;
      return file.problem({ path, message, found, allowed: ALLOWED, hint: didYouMean(name, PROCEDURE_BLANKS) });
    });
  return [problem, ...unknown].filter((one) => one !== null);
}

function twice(item: Item<Procedure>, path: Path, id: string, first: Map<string, string>): Problem[] {
  const key = `${item.value?.category ?? ''} ${id}`;
  const place = item.file.place(path);
  const other = first.get(key);
  if (other === undefined) first.set(key, place);
  if (other === undefined) return [];
  const hint = `the other one stands at ${other}`;
  const found = item.file.speak(path);
  const problem = item.file.problem({ path, message: 'this step stands here twice', found, hint });
  return problem === null ? [] : [problem];
}
