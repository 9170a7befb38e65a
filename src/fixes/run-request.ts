import { setTimeout as sleep } from 'node:timers/promises';
import { speakDuration } from '../domain/duration.ts';
import { atPointer } from '../domain/json-pointer.ts';
import { cleanLine } from '../domain/text.ts';
import { requestOnce, type HttpReply, type NoReply, type TlsSettings } from '../net/request-once.ts';
import type { RunResult } from './executor.ts';
import type { HttpAction, HttpPoll } from './rendered-action.ts';
import { RunOutput } from './run-output.ts';
import { fillUrl } from './url-template.ts';

export interface RequestRun {
  readonly action: HttpAction;
  readonly attempt: { readonly id: string; readonly fence: number };
  /** The executor's own, its login among them; in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings | undefined;
  /** For the request itself, where the executor sets a limit below the action's. */
  readonly limitMs: number | undefined;
  readonly redact: (text: string) => string;
}

/** What of an answer is looked at: enough for a JSON document that holds a state. */
const KEPT_BYTES = 1_000_000;
/** One look at the state of what was begun. */
const POLL_MS = 15_000;
/** What `setTimeout` can count; above it fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;
const MAYBE = 'it may or may not have taken effect';

/** Sends the request once and follows its effect where that is asked. Never throws, never sends it again. */
export async function runRequest(run: RequestRun, signal: AbortSignal): Promise<RunResult> {
  const { action, attempt, limitMs = LONGEST_TIMER_MS } = run;
  const { method, url, body, timeoutMs } = action;
  const ids = { 'idempotency-key': attempt.id, ...idsOf(attempt) };
  const headers = { ...run.headers, ...action.headers, ...ids };
  const budget = AbortSignal.any([signal, after(timeoutMs)]);
  const limited = AbortSignal.any([budget, after(limitMs)]);
  const reply = await requestOnce({ method, url, headers, body }, run.tls, KEPT_BYTES, limited);
  const output = new RunOutput();
  if (reply.ok) output.take(reply.body.toString('utf8'));
  const end = judgeReply(reply, action, stopWords(signal, limited, Math.min(timeoutMs, limitMs)));
  if (end.state !== 'succeeded' || action.poll === null || !reply.ok)
    return { ...end, exitCode: null, output: output.text(run.redact) };
  const followed = await follow(run, action.poll, reply, output, budget);
  const reason = run.redact(`${end.reason}; ${followed.reason}`);
  return { state: followed.state, exitCode: null, output: output.text(run.redact), reason };
}

function idsOf({ id, fence }: RequestRun['attempt']): Record<string, string> {
  return { 'x-tierbell-attempt': id, 'x-tierbell-fence': String(fence) };
}

function after(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.min(ms, LONGEST_TIMER_MS));
}

function stopWords(caller: AbortSignal, limited: AbortSignal, limitMs: number): string | null {
  if (caller.aborted) return 'Tierbell had to stop it';
  return limited.aborted ? `it did not end within ${speakDuration(limitMs)}` : null;
}

type End = Pick<RunResult, 'state' | 'reason'>;

/**
 * What an answer means for the effect. Only where nothing was sent, or where the other side clearly refuses (4xx, but not a
 * time-out of its own), is it certain that nothing happened.
 */
export function judgeReply(reply: HttpReply | NoReply, { expect }: HttpAction, stopped: string | null): End {
  if (!reply.ok) {
    const why = stopped ?? reply.failure.detail;
    return reply.sent
      ? { state: 'unknown', reason: `${why}; ${MAYBE}` }
      : { state: 'failed', reason: `nothing was sent: ${why}` };
  }
  const { status, whole } = reply;
  const wanted = expect === null ? status >= 200 && status < 300 : expect.includes(status);
  if (wanted && whole) return { state: 'succeeded', reason: `it was answered with ${status}` };
  if (wanted) return { state: 'unknown', reason: `${stopped ?? `the answer (${status}) broke off`}; ${MAYBE}` };
  if (status >= 400 && status < 500 && status !== 408)
    return { state: 'failed', reason: `it was refused with ${status}${NEXT_STEP[status] ?? ''}` };
  if (status >= 300 && status < 400)
    return { state: 'unknown', reason: `it was answered with a redirect (${status}), which is not followed; ${MAYBE}` };
  return { state: 'unknown', reason: `it was answered with ${status}, which is not what was expected; ${MAYBE}` };
}

const NEXT_STEP: Readonly<Record<number, string>> = {
  401: '; check auth of the executor',
  403: '; check auth of the executor, and what that account may do',
  404: '; check the path of the address',
};

/** Reads the state until it is one of the named ones or the time is over. A look that fails is taken again. */
async function follow(
  run: RequestRun,
  poll: HttpPoll,
  launched: HttpReply,
  output: RunOutput,
  budget: AbortSignal,
): Promise<End> {
  const { text: url, reasons } = fillUrl(poll.url, (name) => lateValue(name, run.attempt.id, launched));
  if (reasons.length > 0)
    return { state: 'unknown', reason: `its effect cannot be followed: ${reasons.join('; ')}; ${MAYBE}` };
  const headers = { accept: 'application/json', ...run.headers, ...idsOf(run.attempt) };
  let last = 'its state was not read in time';
  while (await waited(poll.intervalMs, budget)) {
    const limited = AbortSignal.any([budget, after(POLL_MS)]);
    const reply = await requestOnce({ method: 'GET', url, headers, body: null }, run.tls, KEPT_BYTES, limited);
    const state = stateIn(reply, poll.pointer);
    if (!('word' in state)) {
      last = state.trouble;
      continue;
    }
    last = `its state was ${JSON.stringify(cleanLine(state.word, 80))}`;
    const end = poll.success.includes(state.word) ? 'succeeded' : poll.failure.includes(state.word) ? 'failed' : null;
    if (end === null) continue;
    output.take(`\n${state.text}`);
    return { state: end, reason: last };
  }
  return { state: 'unknown', reason: `${last} when the time was over; ${MAYBE}` };
}

async function waited(ms: number, budget: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.min(ms, LONGEST_TIMER_MS), undefined, { signal: budget });
    return !budget.aborted;
  } catch {
    return false;
  }
}

function stateIn(
  reply: HttpReply | NoReply,
  pointer: string,
): { readonly word: string; readonly text: string } | { readonly trouble: string } {
  if (!reply.ok) return { trouble: `its state could not be read (${reply.failure.detail})` };
  if (reply.status < 200 || reply.status >= 300) return { trouble: `its state was answered with ${reply.status}` };
  const text = reply.body.toString('utf8');
  const word = wordOf(atPointer(parseJson(text), pointer));
  return word === undefined ? { trouble: `the answer holds no state at ${JSON.stringify(pointer)}` } : { word, text };
}

/** `attempt.id`, or a field of the answer: `response.job.id`. */
function lateValue(name: string, attempt: string, { body }: HttpReply): string | undefined {
  if (name === 'attempt.id') return attempt;
  const pointer = name.replace(/^response/, '').replaceAll('.', '/');
  return wordOf(atPointer(parseJson(body.toString('utf8')), pointer));
}

function wordOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
