import { label, type Labels } from '../domain/alert.ts';
import { expressionOf } from './facts.ts';

/** Characters that are read of a text. */
const READ = 4_000;
const TEXTS = ['summary', 'description', 'message', 'title'] as const;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const NUMBERS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

/**
 * In how many milliseconds something runs out, as the alert predicts it: by `predict_linear(…, SECONDS)` in its expression,
 * else by words such as "will fill up within 4 hours". Null where neither says so. Pure; linear in the text.
 */
export function runsOutInMs(annotations: Labels, generatorURL: string): number | null {
  return (
    earliest(predictions(expressionOf(generatorURL).slice(0, READ))) ??
    earliest(TEXTS.flatMap((name) => wordsOf(label(annotations, name).slice(0, READ))))
  );
}

function earliest(all: readonly number[]): number | null {
  const real = all.filter((ms) => Number.isFinite(ms) && ms > 0);
  return real.length === 0 ? null : Math.min(...real);
}

const PREDICT = 'predict_linear(';

/** The second argument of each `predict_linear`, in milliseconds. */
function predictions(expression: string): number[] {
  return expression.split(PREDICT).slice(1).map(secondArgument).map(evaluate);
}

/** What stands between the first comma outside of brackets and the bracket that ends the call. */
function secondArgument(text: string): string {
  let depth = 0;
  let comma = -1;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if (char === '(' || char === '[' || char === '{') depth++;
    else if (depth === 0 && char === ')') return comma < 0 ? '' : text.slice(comma + 1, at);
    else if (char === ')' || char === ']' || char === '}') depth--;
    else if (char === ',' && depth === 0) comma = at;
  }
  return '';
}

/** `4 * 24 * 3600`, `4*60*60`, `4h`: seconds, or a duration. NaN for anything else. */
function evaluate(text: string): number {
  const factors = text.split('*').map((factor) => /^[\s(]*(\d{1,12}(?:\.\d{1,6})?)([smhdw]?)[\s)]*$/.exec(factor));
  return factors.reduce((product, factor) => {
    if (factor === null) return Number.NaN;
    const unit = factor[2] === '' ? 1 : (UNIT_MS[factor[2] ?? ''] ?? Number.NaN) / 1_000;
    return product * Number(factor[1]) * unit;
  }, 1_000);
}

/** What is to come, and that it is an end. "is 90 % full" or "was exhausted in 5 minutes" is neither. */
const TO_COME =
  /\b(?:will|would|expected|predicted|projected|forecast|going to|about to|likely|at this rate|expires|runs out|fills up|filling up|running out)\b/i;
const AN_END =
  /\b(?:fill|fills|filling|full|exhaust|exhausts|exhausted|run out|runs out|running out|expire|expires|deplete|depleted|out of (?:space|memory|disk|inodes|quota))\b/i;
const WHEN =
  /\b(?:in|within)(?: the)?(?: (?:next|about|less than|under|around|approximately|at most))? (\d{1,6}(?:\.\d{1,6})?|[a-z]{2,6}) ?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b/i;

function wordsOf(text: string): number[] {
  return text.split(/[.!?;](?=\s|$)|\n/).flatMap((sentence) => {
    const end = AN_END.exec(sentence);
    if (end === null || !TO_COME.test(sentence)) return [];
    const when = WHEN.exec(sentence.slice(end.index));
    return when === null ? [] : [numberOf(when[1] ?? '') * (UNIT_MS[(when[2] ?? '')[0]?.toLowerCase() ?? ''] ?? 0)];
  });
}

function numberOf(text: string): number {
  const word = NUMBERS.indexOf(text.toLowerCase());
  if (word >= 0) return word + 1;
  return /^an?$/i.test(text) ? 1 : Number(text);
}
