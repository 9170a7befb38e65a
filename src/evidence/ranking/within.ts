import { messageStart, timeEnd } from '../mining/header.ts';
import { maskLine } from '../mining/mask.ts';
import { detailOf, hasLocation, isCommand, isFinal, isStep, readCue, type Cue } from './cues.ts';
import { WEIGHTS } from './weights.ts';

/** A line of a log that is looked at by itself. */
export interface PlainLine {
  /** Without colours. */
  readonly text: string;
  readonly level: string;
  /** Whether it was shown in red. */
  readonly red: boolean;
  readonly at: number | null;
}

const NOTHING = -9;
const TAG = 16;
/** What fills a heading to the width of a terminal, more of it or less: `____ ERROR collecting a.py ____`. */
const RULE = /[_=*~#─⎯-]{3,}/g;
const W = WEIGHTS.within;

interface Seen extends PlainLine {
  readonly message: string;
  readonly cue: Cue;
}

/**
 * How much each line explains why this log is as it is, with nothing to compare it with: words of failure, severity,
 * rarity, nearness to where it ended (or to `at`), and what stands around a problem. The first of its kind counts most:
 * what follows mostly repeats it.
 * @returns a score a line, in their order
 */
export function scoreWithin(lines: readonly PlainLine[], at: number | null = null): number[] {
  const seen = lines.map((line) => {
    // where a line states no level, what looks like one in front of its message may be what failed
    const start = line.level === '' ? 0 : messageStart(line.text);
    const message = line.text.slice(start > 0 ? start : timeEnd(line.text)).replace(/^ /, '');
    return { ...line, message, cue: readCue(message) };
  });
  const end = at === null ? endOf(seen) : lastBefore(seen, at);
  const cues = seen.map(strengthOf);
  const failed = markCommands(seen, cues, end);
  const own = weighKinds(seen, cues, end, at !== null);
  return weighRepeats(seen, spread(seen, cues, own, { end, failed, around: at !== null }), own);
}

/** The line that says that all is over: the last that does, annotations of the runner before others. */
function endOf(seen: readonly Seen[]): number {
  for (const fits of [
    ({ message }: Seen) => message.startsWith('##[error]'),
    ({ message, cue }: Seen) => cue.strength === 'end' && !cue.denied && isFinal(message),
    ({ cue, level }: Seen) =>
      ((cue.strength === 'strong' || cue.strength === 'end') && !cue.denied) || level === 'fatal' || level === 'error',
  ]) {
    const found = seen.findLastIndex(fits);
    if (found >= 0) return found;
  }
  return seen.length - 1;
}

function lastBefore(seen: readonly Seen[], at: number): number {
  const found = seen.findLastIndex((line) => line.at !== null && line.at <= at);
  return found < 0 ? seen.length - 1 : found;
}

function strengthOf({ message, cue, level, red }: Seen): number {
  if (message.trim().length < 3) return NOTHING;
  const { strength, denied, code, advice, bare } = cue;
  let score: number = strength === 'none' ? 0 : W[strength];
  if (denied && strength !== 'end') score += W.denied;
  else score = Math.max(score, W.level[level] ?? 0);
  if (code && strength !== 'end') score += W.code;
  if (bare && strength !== 'end' && score > 0) score = Math.min(score, W.weak);
  if (advice && strength !== 'end') score += W.advice;
  if (level === 'debug' || level === 'trace') score += W.debug;
  if (red) score += W.red;
  return score > 0 && hasLocation(message) ? score + W.location : score;
}

/** The last two commands before the end: one of them is what failed. @returns the index of the last, -1 where there is none */
function markCommands(seen: readonly Seen[], cues: number[], end: number): number {
  let last = -1;
  for (let index = end, found = 0; index >= 0 && found < 2; index -= 1) {
    if (!isCommand(seen[index]?.message ?? '')) continue;
    cues[index] = Math.max(cues[index] ?? 0, W.command);
    if (found === 0) last = index;
    found += 1;
    if (isStep(seen[index]?.message ?? '')) break;
  }
  return last;
}

/** Lines of one kind are the same up to the words that tell the failure. */
function weighKinds(seen: readonly Seen[], cues: readonly number[], end: number, around: boolean): number[] {
  const kinds = seen.map(({ message, cue }, index) =>
    (cues[index] ?? 0) > 0
      ? maskLine(message.slice(0, isTag(cue) ? 200 : Math.min(cue.upTo, 200)).replace(RULE, ''))
      : '',
  );
  const sizes = new Map<string, number>();
  for (const kind of kinds) sizes.set(kind, (sizes.get(kind) ?? 0) + 1);
  const before = new Map<string, number>();
  const all = Math.log(Math.max(2, seen.length));
  let run = 0;
  return cues.map((cue, index) => {
    run = cue > 0 && cue < W.end && index > 0 && tagOf(seen[index]) === tagOf(seen[index - 1]) ? run + 1 : 0;
    if (cue <= 0) return cue;
    const kind = kinds[index] ?? '';
    const again = before.get(kind) ?? 0;
    before.set(kind, again + 1);
    const rare = 1 - Math.log(sizes.get(kind) ?? 1) / all;
    const distance = around ? Math.abs(end - index) : end - index;
    const near = distance < 0 ? W.afterEnd : W.near.most / (1 + distance / W.near.lines);
    return cue + W.rare * rare - W.again * Math.log2(1 + again) - W.run * Math.min(run, W.longRun) + near;
  });
}

interface Place {
  /** Where all is over, or what was asked for. */
  readonly end: number;
  /** The last command before it, -1 where there is none. */
  readonly failed: number;
  readonly around: boolean;
}

/** What stands around a problem explains it: more so places, comparisons, commands. Nothing follows an end. */
function spread(
  seen: readonly Seen[],
  cues: readonly number[],
  own: readonly number[],
  { end, failed, around }: Place,
): number[] {
  const result = [...own];
  const reachAfter = (index: number): number => {
    const { cue, message } = seen[index] as Seen;
    if (cue.strength === 'end') return 0;
    if (cue.strength === 'none' && index !== failed && isCommand(message)) return W.around.command;
    return around || index > end || !isFinal(seen[end]?.message ?? '')
      ? W.around.after
      : Math.min(W.around.after, end - index);
  };
  const { share, plain, decay, detail: bonus, before } = W.around;
  own.forEach((score, index) => {
    if ((cues[index] ?? 0) < W.weak || score < W.weak + 1) return;
    const last = reachAfter(index);
    for (let step = -before; step <= last; step += 1) {
      const line = seen[index + step];
      if (step === 0 || line === undefined || (cues[index + step] ?? NOTHING) <= NOTHING || line.cue.denied) continue;
      const detail = detailOf(line.message) + Number(step < 0 && isCommand(line.message));
      const shared = score * share * decay ** (Math.abs(step) - 1) * (detail > 0 ? 1 : plain);
      const value = shared + detail * bonus - Number(step < 0 && detail === 0);
      if (value > (result[index + step] ?? 0)) result[index + step] = value;
    }
  });
  return result;
}

/** Words of failure at the very beginning only mark the line: `npm error Found: …`. What it says comes after them. */
function isTag({ strength, upTo }: Cue): boolean {
  return strength === 'weak' && upTo <= TAG;
}

/** What lines of one report have in common: their level, or the word of failure in front of each. */
function tagOf(line: Seen | undefined): string {
  if (line === undefined) return '';
  return line.level === '' && isTag(line.cue) ? line.message.slice(0, line.cue.upTo) : line.level;
}

/** The same line again says less, each time. */
function weighRepeats(seen: readonly Seen[], scores: readonly number[], own: readonly number[]): number[] {
  const before = new Map<string, number>();
  return scores.map((score, index) => {
    if (score <= 0) return score;
    const shape = maskLine((seen[index]?.message ?? '').slice(0, 400));
    const again = before.get(shape) ?? 0;
    before.set(shape, again + 1);
    return score - W.again * Math.log2(1 + again) * ((own[index] ?? 0) > 0 ? 0.3 : 1);
  });
}
