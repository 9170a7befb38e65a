/**
 * What the known fix runs: restarts one instance of the shop. Arguments: the shop's folder, the instance.
 * Each run leaves a line when it begins and one when it ends, so that a test can count the runs.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the next runs go; the test writes it into the folder. */
export interface RestartPlan {
  readonly shopUrl: string;
  /** How long a run takes. */
  readonly delayMs: number;
  /** False: it says that it worked and mends nothing. */
  readonly heals: boolean;
  readonly exitCode: number;
}

export interface RestartRecord {
  readonly phase: 'began' | 'ended';
  readonly at: string;
  readonly pid: number;
  readonly instance: string;
  /** All arguments after the shop's folder. */
  readonly args: readonly string[];
  /** The `TIERBELL_…` variables that the run was given. */
  readonly env: Readonly<Record<string, string>>;
}

const [folder = '.', ...args] = process.argv.slice(2);
const instance = args[0] ?? '';

function record(phase: RestartRecord['phase']): void {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name, value]) => name.startsWith('TIERBELL_') && value !== undefined),
  ) as Record<string, string>;
  const entry: RestartRecord = { phase, at: new Date().toISOString(), pid: process.pid, instance, args, env };
  appendFileSync(join(folder, 'restarts.ndjson'), `${JSON.stringify(entry)}\n`);
}

record('began');
const plan = JSON.parse(readFileSync(join(folder, 'restart-plan.json'), 'utf8')) as RestartPlan;
process.stdout.write(`stopping the payment worker of ${instance}\n`);
await sleep(plan.delayMs);
if (plan.heals) {
  const response = await fetch(`${plan.shopUrl}/-/restart`, { method: 'POST', body: JSON.stringify({ instance }) });
  if (!response.ok) {
    process.stderr.write(`${await response.text()}\n`);
    record('ended');
    process.exit(3);
  }
}
process.stdout.write(`started the payment worker of ${instance}\n`);
record('ended');
process.exitCode = plan.exitCode;
