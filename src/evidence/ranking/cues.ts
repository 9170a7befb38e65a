import { isForeignFrame } from '../mining/trace.ts';

/**
 * What the words of a line say about failure, whatever program wrote it: compilers, test runners, package managers,
 * services, shells. `end` says that something ended badly, `strong` that something failed, `weak` that it may have.
 */
export type CueStrength = 'end' | 'strong' | 'weak' | 'none';

export interface Cue {
  readonly strength: CueStrength;
  /** Where the words that say so end: what stands up to there tells lines of one kind. */
  readonly upTo: number;
  /** It says nothing but these words. */
  readonly bare: boolean;
  /** It is said that nothing failed: `0 errors`, `PASSED`. */
  readonly denied: boolean;
  /** Where to read more, what to try: no part of what happened. */
  readonly advice: boolean;
  /** A line of source code that somebody printed. */
  readonly code: boolean;
}

const END = new RegExp(
  [
    '^##\\[error\\]',
    '\\b(?:exit(?:ed|ing|s)?|return(?:ed)?|terminated|finished|completed|failed)\\b.{0,40}?\\b(?:code|status):?\\s{0,4}[1-9]\\d{0,2}\\b',
    '\\bexit (?:code|status):?\\s{0,4}[1-9]',
    '\\bBUILD FAIL(?:ED|URE)\\b',
    '^make(?:\\[\\d+\\])?: \\*\\*\\*',
    'command failed|returned a non-zero',
    'operation was cancell?ed|exceeded the maximum|\\bterminated by signal\\b',
    '(?<![\\w.-])[1-9]\\d{0,8}(?: of \\d+)?(?: \\w+)? (?:failed|failing|failures?|errors?)\\b',
    '\\b(?:failures|errors|failed): {0,8}[1-9]',
  ].join('|'),
  'i',
);
/** After it nothing follows that explains: whoever ran it says with what it ended. */
const FINAL =
  /^##\[error\]|\bexit (?:code|status):?\s{0,4}[1-9]|\b(?:exit(?:ed|ing|s)?|return(?:ed)?|terminated) .{0,40}?(?:code|status):?\s{0,4}[1-9]|^make: \*\*\*/i;
const STRONG = new RegExp(
  [
    '(?:^|[\\s(│|>])(?:[Ee]rror|ERROR|[Ff]atal|FATAL|[Pp]anic)(?:\\[\\w{1,20}\\]| [A-Z]{1,8}\\d{1,6})?:',
    '^E: ',
    '^E\\s{2,8}[A-Z]\\w',
    '\\bpanicked at\\b|Traceback \\(most',
    '\\bFAIL(?:ED|URES?)?\\b|\\bFailures?[:/]|went wrong',
    '(?<![\\w[\\]/:\'"`=-])(?:[a-z]\\w{0,40}\\.){0,10}[A-Z]\\w{0,80}(?:Error|Exception)\\b(?!\\w{0,20}\\(|\\.[a-z]{1,5}\\b)',
    '(?<![\\w[/-])ERR(?:ORS?)?!?(?=[:\\s]|$)|\\[ERR(?:OR)?\\]',
    '^\\s{0,20}[✕✖✗✘×❌]|\\*\\*\\* \\[|\\bnot ok \\d',
    'undefined reference|[Ss]egmentation fault|core dumped|\\b[Uu]nhandled\\b|[Oo]ut of memory|\\bKilled\\b',
  ].join('|'),
);
const WEAK =
  /\b(?:fail(?:s|ed|ure|ures|ing)?|cannot|can't|could not|couldn't|unable to|denied|refused|timed? ?out|not found|no such|no .{1,20}? found|invalid|unexpected|missing|mismatch(?:ed)?|conflicts?|unsupported|unresolved|not (?:defined|assignable|exist|allowed|permitted|installed|available|valid)|does(?: not|n't) (?:exist|match)|assert\w{0,12}|aborted|violat\w{1,6}|bad gateway|unavailable|unreachable|undefined|undeclared|did not|expired|no space left|race|deadlock)\b|(?<![\w./-])error(?![\w/-]|\.\w)|^[\w./@-]{1,200}\.[a-z]{1,5}:\d{1,6}(?::\d{1,4})?: (?!warning|note|info)/i;
const DENIED = new RegExp(
  [
    '\\b(?:0|no) (?:\\w+ )?(?:errors?|failures?|failed|warnings?|problems?)\\b',
    '\\b(?:[Ee]rrors?|[Ff]ailures?|[Ff]ailed|[Ff]ail)\\s{0,2}[:=]\\s{0,2}(?:0\\b|false|none|\\[\\])',
    '\\bPASS(?:ED)?\\b|\\bSKIP(?:PED)?\\b|[✓✔]|\\bok\\s{0,4}$',
    '^\\s{0,40}[\\w./-]{1,200}\\.\\w{1,4}::(?!.{0,500}(?:FAILED|ERROR))', // the name of a test that is run
    '\\bcontinue-on-error|fail-fast|if-no-files|^\\s{0,40}[\\w-]{1,60}: (?:false|null)\\s*$',
    '^\\s{0,40}(?:Downloading|Downloaded|Compiling|Collecting|Installing|Unpacking|Setting up|Selecting|Get:|Fetched|Checking|Adding|Requirement|Receiving)\\b',
  ].join('|'),
);
const CODE =
  /^\s{0,80}(?:>\s{1,8})?(?:raise|throw|with|if|for|while|try|except|catch|return|def|class|function|const|let|var|import|from|elif|else|assert|await|async)\b.*[({:;,)]\s*$|[({;]\s*$/;
const ADVICE =
  /\b(?:for more (?:info(?:rmation)?|help|details?)|get more help|for a full report|complete log of this run|to see the (?:full|whole)|re-?run (?:with|\w+ (?:with|using))|run (?:with|[`'"‘])|see also|please (?:refer|see|read)|read the following|try (?:running|adding|again))\b|-> \[Help/i;
/** What the next line did, as runners and builders announce it. */
const COMMAND =
  /^\$ \S|^\[command\]|^##\[group\]|^\S{0,20}\s?(?:\[.{1,40}\] )?RUN |Running (?:command )?[`'"]|^Script /;
const LOCATION = /[\w\]/-]\.[a-z]{1,5}:\d+|, line \d+|-->|\b[A-Z]\w{2,20}file:\d+/;
const COMPARISON =
  /^\s{0,40}[-+]?\s{0,4}(?:Expected|Received|Actual|Got|Want(?:ed)?|left|right)\b[^.]{0,20}:|^E\s{2,}/i;
/** How test runners head what failed: Jest, Vitest, Mocha, RSpec, PHPUnit. */
const HEADING = /^\s{0,20}(?:[●❯→]|\d{1,3}\)) \S/;
const FRAME = /^\s{0,40}at \S|in <module>|: in \w{1,80}$/;
const PATH_ALONE = /^\s{0,40}[\w@.-]*(?:\/[\w@.-]+)+\.\w{1,5}\s*$/;
/** ECMA-48 select graphic rendition 31, 41, 91, 101, also as some write it out. */
const RED = new RegExp(`(?:${String.fromCharCode(27)}|\\^\\[)\\[(?:\\d{1,3};){0,4}(?:31|91|41|101)(?:;\\d{1,3}){0,4}m`);

/** What a line without words may have beside its words of failure: brackets, a colon. */
const MARKS = 4;
/** Of a longer line only the beginning is looked at. */
const HEAD = 1_000;

export function readCue(message: string): Cue {
  const text = message.slice(0, HEAD);
  const end = END.exec(text);
  const strong = end === null ? STRONG.exec(text) : null;
  const weak = end === null && strong === null ? WEAK.exec(text) : null;
  const found = end ?? strong ?? weak;
  return {
    strength: end !== null ? 'end' : strong !== null ? 'strong' : weak !== null ? 'weak' : 'none',
    upTo: found === null ? text.length : found.index + found[0].length,
    bare: found !== null && text.trim().length - found[0].trim().length <= MARKS,
    denied: DENIED.test(text),
    advice: ADVICE.test(text),
    code: found !== null && CODE.test(text),
  };
}

/** It tells with what status all ended. */
export function isFinal(message: string): boolean {
  return FINAL.test(message.slice(0, HEAD));
}

/** A step of a pipeline begins: what stands before it belongs to others. */
export function isStep(message: string): boolean {
  return message.startsWith('##[group]Run ');
}

/** It announces what is done next. */
export function isCommand(message: string): boolean {
  return COMMAND.test(message.slice(0, HEAD));
}

/** It names a place in a program. */
export function hasLocation(message: string): boolean {
  return LOCATION.test(message.slice(0, HEAD));
}

/** How much a line says about a problem beside it: what was compared, where it was. 0 to 3. */
export function detailOf(message: string): number {
  const text = message.slice(0, HEAD);
  return (
    Number(COMPARISON.test(text)) +
    Number((LOCATION.test(text) || FRAME.test(text)) && !isForeignFrame(text)) +
    Number(PATH_ALONE.test(text) || HEADING.test(text))
  );
}

/** Whether a terminal would show some of this raw line in red. */
export function isRed(raw: string): boolean {
  return (raw.includes('[') && RED.test(raw.slice(0, 4 * HEAD))) || raw.startsWith('##[error]');
}
