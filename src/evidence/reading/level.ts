export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | '';

const WORDS: Readonly<Record<Exclude<LogLevel, ''>, readonly string[]>> = {
  fatal: ['fatal', 'critical', 'crit', 'emergency', 'emerg', 'alert', 'panic', 'dpanic', 'f'],
  error: ['error', 'err', 'severe', 'failure', 'failed', 'e'],
  warn: ['warn', 'warning', 'wrn', 'w'],
  info: ['info', 'information', 'informational', 'inf', 'notice', 'note', 'log', 'config', 'i', 'n'],
  debug: ['debug', 'dbg', 'fine', 'd'],
  trace: ['trace', 'verbose', 'finer', 'finest', 'trc', 't', 'v'],
};

const BY_WORD = new Map(
  (Object.entries(WORDS) as [Exclude<LogLevel, ''>, readonly string[]][]).flatMap(([level, words]) =>
    words.map((word) => [word, level] as const),
  ),
);

/** Every spelling of the levels that are errors, as they stand in an index: for a search by terms. */
export const ERROR_SPELLINGS: readonly string[] = ['fatal', 'error']
  .flatMap((level) => WORDS[level as 'fatal' | 'error'])
  .flatMap((word) => [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`]);

/** bunyan and pino number from 50 upward what are errors, syslog and GELF up to 3. */
export const ERROR_NUMBERS: readonly number[] = [0, 1, 2, 3, 50, 60];

/** The level that a field states: a word in any case, or the number of pino, bunyan, OpenTelemetry or syslog. */
export function levelOf(value: string | number | null): LogLevel {
  if (value === null) return '';
  const text = String(value).trim().toLowerCase();
  if (/^\d{1,2}$/.test(text)) return levelOfNumber(Number(text));
  return BY_WORD.get(text) ?? BY_WORD.get(/[a-z]+/.exec(text)?.[0] ?? '') ?? '';
}

/** 0–7 as in syslog (RFC 5424), 10–60 in tens as in pino; the others as OpenTelemetry's severity number (1–24). */
function levelOfNumber(number: number): LogLevel {
  if (number % 10 === 0 && number >= 10 && number <= 60)
    return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[number / 10 - 1] ?? '';
  if (number <= 7)
    return (['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'] as const)[number] ?? '';
  if (number <= 24)
    return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor((number - 1) / 4)] ?? '';
  return '';
}

const HEAD = 240;
const NAME = 'FATAL|CRITICAL|CRIT|EMERG(?:ENCY)?|PANIC|SEVERE|ERROR|ERR|WARN(?:ING)?|NOTICE|INFO|DEBUG|TRACE';
/** `level=error`, `"level":"error"`, `severity: warning`: whoever says so means it. */
const NAMED = /\b(?:log_?)?(?:level|severity|lvl)["']?\s{0,2}[=:]\s{0,2}["']?([A-Za-z]{1,13})\b/i;
/** In capitals as most formats have it, or small in brackets, between bars, or before a colon (`[error]`, `warn:`). */
const CAPITALS = new RegExp(`(?<![\\w./-])(${NAME})(?![\\w/-]|\\.\\w)`);
const BRACKETED = new RegExp(`(?:[[|<(]\\s{0,3}|^)(?:[\\w.-]{1,40}:)?(${NAME})(?:\\s{0,3}[\\]|>)]|:\\s)`, 'i');
/** Kubernetes' and glog's first letter: `E0131 12:00:00.000000`. Android's between the ids and the tag. */
const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
const LOGCAT = /^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s+\d+\s+\d+ ([VDIWEF]) /;
/** RFC 5424 and 3164: the priority in front, its lowest three bits the severity. */
const SYSLOG = /^<(\d{1,3})>/;
/** Lines that are errors though they say no level. */
const THROWN =
  /(?:^|[\s:])(?:[a-z][\w$]*\.){0,12}[A-Z][\w$]{0,80}(?:Exception|Error)(?::|\s*$|\s*\()|Traceback \(most recent call last\)|^panic: |\bsegfault\b|Segmentation fault|Out of memory: Kill|^thread '.{1,80}' panicked|^fatal: |##\[error\]/m;

/** The level that a line of text shows, or ''. Looks at its beginning, and anywhere for an exception. */
export function levelInText(text: string): LogLevel {
  const head = text.slice(0, HEAD);
  const letter = KLOG.exec(head)?.[1] ?? LOGCAT.exec(head)?.[1];
  if (letter !== undefined) return levelOf(letter);
  const word = NAMED.exec(head)?.[1] ?? CAPITALS.exec(head)?.[1] ?? BRACKETED.exec(head)?.[1];
  const level = word === undefined ? '' : levelOf(word);
  if (level !== '') return level;
  const priority = SYSLOG.exec(head)?.[1];
  if (priority !== undefined && Number(priority) < 192) return levelOfNumber(Number(priority) % 8);
  return THROWN.test(text.slice(0, 4096)) ? 'error' : '';
}
