import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import { checkConfig } from './check-config.ts';
import { outputFlag } from './output-flag.ts';
import { CliError, type Terminal } from './terminal.ts';

type Finish = (status: number | null) => void;

/** Verbs that need no bridge and no store: they look at files. */
export function addCheckVerbs(program: Command, terminal: Terminal, finish: Finish): void {
  const lines = {
    write: (text: string) => terminal.write(`${text}\n`),
    writeError: (text: string) => terminal.writeError(`${text}\n`),
  };
  withConfig(program.command('check-config'), terminal)
    .description('every mistake in the configuration, with its place')
    .option('--online', 'also reach every log store and channel, without sending anything', false)
    .action(async (options: { 'config.file': string; online: boolean }) => {
      const { probeConfig } = await import('./probe-config.ts');
      const { 'config.file': file, online } = options;
      finish(await checkConfig({ ...lines, file, online, env: terminal.env, probe: probeConfig }));
    });

  withConfig(program.command('check-rules'), terminal)
    .description('also rules that are never reached, policies that end nowhere, categories without procedure')
    .addOption(outputFlag(['table', 'json', 'sarif']))
    .action(async ({ 'config.file': file, output }: { 'config.file': string; output: 'table' | 'json' | 'sarif' }) => {
      const { checkRules } = await import('./check-rules.ts');
      const { env, version } = terminal;
      const write = (text: string): void => terminal.write(text);
      finish(await checkRules({ file, env, version, format: output, write, writeError: lines.writeError }));
    });

  withConfig(program.command('classify'), terminal)
    .description('the category of every alert in a file, with its reasons')
    .argument('<file>', 'webhook payloads, an alert list, or NDJSON of alerts or alerting rules; - for standard input')
    .addOption(outputFlag(['table', 'json', 'ndjson']))
    .option('--threshold <share>', '0 to 1: below it an alert stays unclassified; 0 always decides')
    .action(async (file: string, options: ClassifyFlags) => finish(await classify(file, options, terminal, lines)));

  withConfig(program.command('route'), terminal)
    .description('who would hear what at which minute of an alert with these labels')
    .argument('<labels...>', 'team=shop severity=critical')
    .option('--at <time>', 'when it comes, such as 2026-01-05T03:00:00Z; now without it')
    .option('--source <name>', 'whose alert it is; the first source without it')
    .addOption(outputFlag(['table', 'json']))
    .action(async (labels: string[], flags: RouteFlags) => {
      terminal.write(await routeText(labels, flags, terminal));
      finish(0);
    });
}

interface RouteFlags {
  readonly 'config.file': string;
  readonly output: 'table' | 'json';
  readonly at?: string;
  readonly source?: string;
}

async function routeText(labels: readonly string[], flags: RouteFlags, terminal: Terminal): Promise<string> {
  const { output, at, source } = flags;
  const loaded = await loadConfig({ file: flags['config.file'], env: terminal.env });
  if (!loaded.ok) throw new CliError(loaded.problems.map(renderProblem).join('\n'));
  const { route } = await import('./route.ts');
  const given = { ...(at === undefined ? {} : { at }), ...(source === undefined ? {} : { source }) };
  return route(loaded.config, { labels, format: output, ...given }, Date.now());
}

interface ClassifyFlags {
  readonly 'config.file': string;
  readonly output: 'table' | 'json' | 'ndjson';
  readonly threshold?: string;
}

async function classify(
  file: string,
  options: ClassifyFlags,
  terminal: Terminal,
  lines: { write: (text: string) => void; writeError: (text: string) => void },
): Promise<number> {
  const { output, threshold } = options;
  const loaded = await loadConfig({ file: options['config.file'], env: terminal.env });
  if (!loaded.ok) throw new CliError(loaded.problems.map(renderProblem).join('\n'));
  const { compileClassifier } = await import('../classify/classifier.ts');
  const { classifyCommand } = await import('./classify.ts');
  const { shippedModel } = await import('../category-model.ts');
  const { categories, classification } = loaded.config;
  return classifyCommand({
    ...lines,
    file,
    read: async () => Buffer.from(file === '-' ? await terminal.stdin() : readFileSync(file)).toString('utf8'),
    format: output,
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    classifier: compileClassifier(categories, { threshold: classification.threshold, model: shippedModel }),
  });
}

function withConfig(command: Command, terminal: Terminal): Command {
  const standard = terminal.env['TIERBELL_CONFIG_FILE'] ?? 'rules/tierbell.yaml';
  return command.option('--config.file <file>', 'the main configuration file', standard);
}
