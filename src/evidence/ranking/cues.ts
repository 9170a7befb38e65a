/**
 * What the words of a line say about failure, whatever program wrote it: compilers, test runners, package managers,
 * services, shells. `end` says that something ended badly, `strong` that something failed, `weak` that it may have.
 */
export type CueStrength = 'end' | 'strong' | 'weak' | 'none';

export interface Cue {
  readonly strength: CueStrength;
  /** Where the words that say so end: what stands up to there tells lines of one kind. */
  readonly upTo: number;
  /** It is said that nothing failed: `0 errors`, `PASSED`. */
  readonly denied: boolean;
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
    '\\b(?:failures|errors|failed): ?[1-9]',
  ].join('|'),
  'i',
);
const STRONG = new RegExp(
  [
    '(?:^|[\\s(│|>])(?:[Ee]rror|ERROR|[Ff]atal|FATAL|[Pp]anic)(?:\\[\\w{1,20}\\]| [A-Z]{1,8}\\d{1,6})?:',
    '^E: ',
    '^E\\s{2,8}[A-Z]\\w',
    '\\bpanicked at\\b|Traceback \\(most',
    '\\bFAIL(?:ED|URES?)?\\b|\\bFailures?[:/]|went wrong',
    '(?<![\\w[\\]/:\'"`=-])(?:[a-z]\\w{0,40}\\.){0,10}[A-Z]\\w{0,80}(?:Error|Exception)\\b(?!\\w{0,20}\\()',
    '(?<![\\w[/-])ERR(?:ORS?)?!?(?=[:\\s]|$)|\\[ERR(?:OR)?\\]',
    '^\\s{0,20}[✕✖✗✘×❌]|\\*\\*\\* \\[|\\bnot ok \\d',
    'undefined reference|[Ss]egmentation fault|core dumped|\\b[Uu]nhandled\\b|[Oo]ut of memory|\\bKilled\\b',
  ].join('|'),
);
const WEAK =
  /\b(?:fail(?:s|ed|ure|ures|ing)?|cannot|can't|could not|couldn't|unable to|denied|refused|timed? ?out|not found|no such|no .{1,20}? found|invalid|unexpected|missing|mismatch(?:ed)?|conflicts?|unsupported|unresolved|not (?:defined|assignable|exist|allowed|permitted|installed|available|valid)|does(?: not|n't) (?:exist|match)|assert\w{0,12}|aborted|violat\w{1,6}|bad gateway|unavailable|unreachable|error)\b/i;
const DENIED = new RegExp(
  [
    '\\b(?:0|no) (?:\\w+ )?(?:errors?|failures?|failed|warnings?|problems?)\\b',
    '\\b(?:errors?|failures?|failed|fail)\\s{0,2}[:=]\\s{0,2}(?:0\\b|false|none|\\[\\])',
    '\\bPASS(?:ED)?\\b|\\bSKIP(?:PED)?\\b|[✓✔]|\\bok\\s{0,4}$',
    '\\bcontinue-on-error|fail-fast|if-no-files',
    '^\\s{0,40}(?:Downloading|Downloaded|Compiling|Collecting|Installing|Unpacking|Setting up|Selecting|Get:|Fetched|Checking|Adding|Requirement|Receiving)\\b',
  ].join('|'),
);
const CODE =
  /^\s{0,80}(?:>\s{1,8})?(?:raise|throw|with|if|for|while|try|except|catch|return|def|class|function|const|let|var|import|from|elif|else|assert|await|async)\b.*[({:;,)]\s*$|[({;]\s*$/;
/** What the next line did, as runners and builders announce it. */
const COMMAND =
  /^\$ \S|^\[command\]|^##\[group\]|^\S{0,20}\s?(?:\[.{1,40}\] )?RUN |Running (?:command )?[`'"]|^Script /;
const LOCATION = /[\w\]/-]\.[a-z]{1,5}:\d+|, line \d+|-->|\b[A-Z]\w{2,20}file:\d+/;
const COMPARISON =
  /^\s{0,40}[-+]?\s{0,4}(?:Expected|Received|Actual|Got|Want(?:ed)?|left|right)\b[^.]{0,20}:|^E\s{2,}/i;
const FRAME = /^\s{0,40}at \S|in <module>|: in \w{1,80}$/;
const PATH_ALONE = /^\s{0,40}[\w@.-]*(?:\/[\w@.-]+)+\.\w{1,5}\s*$/;
/** ECMA-48 select graphic rendition 31, 41, 91, 101, also as some write it out. */
const RED = new RegExp(`(?:${String.fromCharCode(27)}|\\^\\[)\\[(?:\\d{1,3};){0,4}(?:31|91|41|101)(?:;\\d{1,3}){0,4}m`);

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
    denied: DENIED.test(text),
    code: found !== null && CODE.test(text),
  };
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
    Number(COMPARISON.test(text)) + Number(LOCATION.test(text) || FRAME.test(text)) + Number(PATH_ALONE.test(text))
  );
}

/** Whether a terminal would show some of this raw line in red. */
export function isRed(raw: string): boolean {
  return (raw.includes('[') && RED.test(raw.slice(0, 4 * HEAD))) || raw.startsWith('##[error]');
}
