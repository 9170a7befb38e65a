import type { Command } from 'commander';
import { expressionOf } from '../classify/facts.ts';
import type { PastIncident } from '../classify/propose.ts';
import { renderProblem } from '../config/problem.ts';
import type { Incident } from '../domain/incident.ts';
import { outputFlag } from './output-flag.ts';
import { addStorageFlags, existingStorageOf, type StorageFlags } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

interface ProposeFlags extends StorageFlags {
  readonly 'config.file': string;
  readonly output: string;
}

/** Verbs of `rules`: they read the store themselves; the bridge may be up or down. */
export function addRulesVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const rules = program.command('rules').description('category rules from what people decided');
  const propose = rules
    .command('propose')
    .description('print YAML for a rule file from what people filed, with the incidents that it would have changed')
    .option(
      '--config.file <file>',
      'the main configuration file',
      terminal.env['TIERBELL_CONFIG_FILE'] ?? 'rules/tierbell.yaml',
    )
    .addOption(outputFlag(['yaml', 'json']));
  addStorageFlags(propose, terminal).action(async (flags: ProposeFlags) => finish(await proposeVerb(flags, terminal)));
}

async function proposeVerb(flags: ProposeFlags, terminal: Terminal): Promise<number> {
  const { loadConfig } = await import('../config/load.ts');
  const loaded = await loadConfig({ file: flags['config.file'], env: terminal.env });
  if (!loaded.ok) throw new CliError(loaded.problems.map(renderProblem).join('\n'));
  const { categories, classification } = loaded.config;
  const { compileClassifier } = await import('../classify/classifier.ts');
  const { shippedModel } = await import('../category-model.ts');
  const { proposeRules, writeProposals } = await import('../classify/propose.ts');
  const { decisions, incidents } = await readPast(flags, terminal);
  const options = { threshold: classification.threshold, model: shippedModel };
  const compile = (more: Parameters<typeof compileClassifier>[0]) =>
    compileClassifier([...categories, ...more], options);
  const proposals = proposeRules(decisions, incidents, categories, compile);
  if (flags.output === 'json') terminal.write(`${JSON.stringify(proposals, null, 2)}\n`);
  else if (proposals.length > 0) terminal.write(writeProposals(proposals));
  if (proposals.length === 0)
    terminal.writeError(
      decisions.length === 0
        ? 'rules propose: nobody has changed a category yet (tierbell incident reclassify), so there is nothing to propose\n'
        : 'rules propose: the rules say already what people said; there is nothing to propose\n',
    );
  return 0;
}

/** Every decision of people, and the incidents with an alert of such a name. */
async function readPast(flags: StorageFlags, terminal: Terminal) {
  const { openStoreReader } = await import('../store/open-storage.ts');
  const { readCorrections } = await import('../store/corrections.ts');
  const db = await openStoreReader(existingStorageOf(flags, terminal));
  try {
    const decisions = await readCorrections(db);
    const names = new Set(decisions.map(({ labels }) => labels['alertname'] ?? ''));
    const incidents: PastIncident[] = [];
    for (let after = 0; decisions.length > 0;) {
      const rows = await db
        .selectFrom('incidents')
        .select(['number', 'state'])
        .where('number', '>', after)
        .orderBy('number')
        .limit(500)
        .execute();
      for (const { state } of rows) incidents.push(...pastOf(JSON.parse(state) as Incident, names));
      const last = rows.at(-1);
      if (last === undefined) break;
      after = Number(last.number);
    }
    return { decisions, incidents };
  } finally {
    await db.destroy();
  }
}

function pastOf(incident: Incident, names: ReadonlySet<string>): PastIncident[] {
  const { number, labels, annotations, source, generatorURL } = incident;
  if (!names.has(labels['alertname'] ?? '')) return [];
  return [{ number, facts: { labels, annotations, source, expression: expressionOf(generatorURL) } }];
}
