import { readFileSync } from 'node:fs';
import { readModel, type Model, type ModelFile } from './classify/model.ts';

let shipped: Model | undefined;

/** The model that lies in the package; read once, when the first alert is judged. @throws Error where it is damaged */
export function shippedModel(): Model {
  shipped ??= readModel(
    JSON.parse(readFileSync(new URL('../rules/category-model.json', import.meta.url), 'utf8')) as ModelFile,
  );
  return shipped;
}
