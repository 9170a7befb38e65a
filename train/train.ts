/**
 * `npm run train`: trains the category model from the alerts beside the project (`../shared/corpus/alerts`) and writes
 * `rules/category-model.json`. The same alerts and rules give the same file, byte for byte.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusIsHere, readLabelled, readPublicRules, ROOT, shippedRules } from './corpus.ts';
import { calibrate, learn, packModel, prepare, vocabularyOf, scoresOutOfFold } from './learn.ts';

if (!corpusIsHere()) {
  process.stderr.write('train: ../shared/corpus/alerts is not here; it lies beside the project, not in it\n');
  process.exit(1);
}
const rules = shippedRules();
const labelled = prepare(readLabelled(), rules);
const ids = new Set(labelled.map(({ row }) => row.id));
const all = prepare(readPublicRules(), rules);
const unlabelled = all.filter(({ row }) => !ids.has(row.id));
const vocabulary = vocabularyOf(all);
process.stderr.write(`train: ${labelled.length} labelled and ${unlabelled.length} unlabelled alerts; about a minute\n`);
const modelScale = calibrate(labelled, scoresOutOfFold(labelled, unlabelled, vocabulary));
const model = packModel(learn(labelled, unlabelled, [], vocabulary), vocabulary, modelScale);
writeFileSync(join(ROOT, 'rules/category-model.json'), `${JSON.stringify(model, null, 2)}\n`);
process.stderr.write(`train: rules/category-model.json written; the model counts ${modelScale} times\n`);
