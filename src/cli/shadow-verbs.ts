import type { Command } from 'commander';
import { cleanLine } from '../domain/text.ts';
import type { Difference } from '../rehearsal/compare.ts';
import { callBridge, type BridgeOptions } from './call-bridge.ts';
import { outputFlag } from './output-flag.ts';
import { differenceLines } from './replay-text.ts';
import type { Terminal } from './terminal.ts';

interface ShadowJson {
  readonly rules: string | null;
  readonly compared: number;
  readonly different: number;
  readonly behind: number;
  readonly trouble: string;
  readonly items: readonly {
    readonly id: string;
    readonly title: string;
    readonly differences: readonly Difference[];
  }[];
  readonly skipped: readonly { readonly id: string; readonly why: string }[];
}

/** `tierbell shadow`: where the shadow rules of a running bridge would have decided otherwise. */
export function addShadowVerb(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  program
    .command('shadow')
    .description('where the shadow rules would have decided otherwise')
    .option('--url <url>', 'the bridge', terminal.env['TIERBELL_URL'] ?? 'http://127.0.0.1:9096')
    .option('--token <token>', 'an API token', terminal.env['TIERBELL_TOKEN'])
    .addOption(outputFlag(['table', 'json']))
    .action(async (flags: BridgeOptions & { output: string }) => {
      const report = await callBridge<ShadowJson>(flags, '/api/v1/shadow');
      if (flags.output === 'json') terminal.write(`${JSON.stringify(report, null, 2)}\n`);
      else terminal.write(shadowTable(report));
      finish(0);
    });
}

function shadowTable({ rules, compared, different, behind, trouble, items, skipped }: ShadowJson): string {
  if (rules === null) return 'No rules run in the shadow; name some in the main file: shadow: { rules: next/ }\n';
  const waiting = behind === 0 ? '' : `, ${behind} wait to be compared`;
  return [
    ...items.flatMap((one) => [`${one.id}  ${cleanLine(one.title, 160)}`, ...differenceLines(one.differences), '']),
    ...skipped.map(({ id, why }) => `${id}  not compared: ${cleanLine(why, 300)}`),
    ...(trouble === '' ? [] : [`Nothing is compared at the moment: ${cleanLine(trouble, 300)}`]),
    `${rules}: ${different} of ${compared} incidents decided otherwise${waiting}`,
    '',
  ].join('\n');
}
