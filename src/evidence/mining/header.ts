/**
 * What stands in front of the message of a line: time, host, program, process, thread, level, logger. It tells where and
 * when, not what; two programs that say the same are one template.
 */
const CLOCK = '\\d{1,2}:\\d{2}:\\d{2}(?:[.,:]\\d{1,9})?';
const ZONE = '(?: ?(?:Z|UTC|GMT|[+-]\\d{2}:?\\d{2})(?![\\w]))?';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIMES = [
  `\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}(?:[T _-]\\d{1,2}[:.]\\d{2}[:.]\\d{2}(?:[.,:]\\d{1,9})?)?${ZONE}`,
  `\\d{1,2}[-/.]\\d{1,2}(?:[-/.]\\d{2,4})? ${CLOCK}${ZONE}`,
  `\\d{1,2}[/ -]${MONTH}[/ -]\\d{2,4}[: ]${CLOCK}${ZONE}`,
  `(?:[A-Z][a-z]{2},? )?${MONTH} {1,2}\\d{1,2} ${CLOCK}(?: \\d{4})?${ZONE}`,
  `\\d{8}[-T ]?${CLOCK}`,
  CLOCK,
  '\\d{6} \\d{6}',
  '\\d{10}(?:\\d{3}|\\.\\d{1,9})?',
];
const TIME = new RegExp(`(?:${TIMES.join('|')})(?![\\w:/])`, 'y');
/** A collector has put time and host before a line that has them itself. */
const HOST_AND_TIME = new RegExp(`[\\w.-]{1,80} (?:${TIMES.slice(0, 5).join('|')})(?![\\w:/])`, 'y');
/** Digits alone are a time only where a level or another time follows. */
const BARE = /^[\d. ]+$/;
const LEADS = /^[\uFEFF\s<\-[(]/;
/** What a time, or what stands around it, begins with. */
const BEFORE_TIME = /[\d\-[(JFMASONDTW]/;
const LEAD = /\uFEFF?\s*(?:<\d{1,3}>(?:\d )?)?(?:- )?[[(]?/y;
/** A file or a host that a collector has put in front. */
const FIRST_WORD = /\S{1,120} (?:- - )?[[(]?/y;
const LEVEL = 'TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|SEVERE|FATAL|CRIT(?:ICAL)?|ALERT|EMERG|PANIC|FAILURE';
const TO_LEVEL = new RegExp(
  `[\\])]?[:,]?\\s{0,20}(?:[^\\s]{0,59}[^\\s:]\\s{1,40}){0,9}?(?:[[(<|]?(?:${LEVEL})[\\])>|:,]?|[[(<|](?:${LEVEL.toLowerCase()})[\\])>|]:?|Info|Warning|Error)(?=[\\s[\\]]|$)`,
  'y',
);
const LETTER = /[\])]?\s+\d{1,7}\s+\d{1,7}\s+[VDIWEF](?=\s)/y;
const GLOG = /[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,6}\s+\d+ [^\s\]]{1,80}\]/y;
const SYSLOG_TIME = new RegExp(`${MONTH} {1,2}\\d{1,2} ${CLOCK}$`);
/** RFC 3164: host and program, whose name may hold blanks. */
const SYSLOG_PROGRAM = /\s{1,20}[\w.:@/-]{1,80}\s{1,20}[^:]{1,80}:(?=\s|$)/y;
/** What names a problem is the message, not who says it. */
const NO_PROBLEM = '(?!(?:\\w*(?:Error|Exception)|error|fatal|panic|fail(?:ed|ure)?|warn(?:ing)?)(?:\\[\\w*\\])?:)';
const PROGRAM = new RegExp(
  `\\s{1,20}[\\w.:-]{1,80}\\s{1,20}${NO_PROBLEM}[^\\s:[]{1,80}\\[[^\\]]{0,20}\\]:(?=\\s|$)`,
  'y',
);
const DASH = /[\])]?(?:\s+[^\s:]{1,40}){0,2}\s+-(?=\s)/y;
const BARS = /(?:\|[^|\s]{0,60}){1,4}\|/y;
const BRACKETS = /\s*\[(?:[^[\]]|\[[^[\]]{0,80}\]){0,160}\](?=[\s:])/y;
const LOGGER = /\s*[A-Za-z_$][\w$-]*(?:[./][\w$-]+|\.\[[^\]\s]{0,40}\]?)+(?:#\d{1,6})?(?=\s|:\s)/y;
const COLON = /\s*:(?=\s)/y;
const COMPONENT = new RegExp(`\\s*${NO_PROBLEM}[A-Za-z_][^\\s:=,"']{0,79}:(?=\\s)`, 'y');
const BETWEEN = /\s*(?:[-:|](?=\s))?\s*/y;

/** Where the message of this line begins; 0 where no time stands in front. */
export function messageStart(line: string): number {
  const lead = LEADS.test(line) ? after(LEAD, line, 0) : 0;
  let at = times(line, lead);
  if (at < 0) {
    const glog = after(GLOG, line, 0);
    if (glog > 0) return begin(line, glog);
    const blank = line.indexOf(' ', lead);
    if (blank < 0 || blank > 120 || !BEFORE_TIME.test(line.charAt(blank + 1))) return 0;
    at = times(line, after(FIRST_WORD, line, lead));
    if (at < 0) return 0;
  }
  const bars = after(BARS, line, at);
  if (bars > 0) return begin(line, bars);
  const named = after(SYSLOG_TIME.test(line.slice(0, at)) ? SYSLOG_PROGRAM : PROGRAM, line, at);
  if (named > 0) return begin(line, named);
  const found = first(line, at, [LETTER, TO_LEVEL, DASH]);
  if (found < 0) return BARE.test(line.slice(lead, at)) ? 0 : begin(line, contexts(line, at));
  return begin(line, fields(line, found));
}

/** Where the time in front of this line ends; 0 where none stands there. What follows may be indented. */
export function timeEnd(line: string): number {
  const end = times(line, LEADS.test(line) ? after(LEAD, line, 0) : 0);
  return end < 0 || BARE.test(line.slice(0, end)) ? 0 : end;
}

function times(line: string, from: number): number {
  if (from < 0 || !BEFORE_TIME.test(line.charAt(from))) return -1;
  let end = after(TIME, line, from);
  if (end < 0) return -1;
  for (;;) {
    const gap = line.charCodeAt(end) === 93 || line.charCodeAt(end) === 41 ? end + 1 : end;
    const next =
      line.charCodeAt(gap) === 32 ? Math.max(after(TIME, line, gap + 1), after(HOST_AND_TIME, line, gap + 1)) : -1;
    if (next < 0) return gap;
    end = next;
  }
}

/** Thread, context, logger: what may stand between the level and the message. */
function fields(line: string, from: number): number {
  let at = contexts(line, from);
  const logger = after(LOGGER, line, at);
  if (logger > 0) at = contexts(line, logger);
  const named = after(logger > 0 ? COLON : COMPONENT, line, at);
  return named > 0 ? named : at;
}

/** Up to three pairs of brackets; one that holds `name: value` is part of the message. */
function contexts(line: string, from: number): number {
  let at = from;
  for (let round = 0; round < 3; round += 1) {
    const start = Math.max(at, after(BETWEEN, line, at));
    const end = after(BRACKETS, line, start);
    if (end < 0 || line.slice(start, end).includes(': ')) break;
    at = end;
  }
  return at;
}

function begin(line: string, from: number): number {
  const at = Math.max(from, after(BETWEEN, line, from));
  return at >= line.length ? 0 : at;
}

function first(line: string, at: number, forms: readonly RegExp[]): number {
  for (const form of forms) {
    const end = after(form, line, at);
    if (end > 0) return end;
  }
  return -1;
}

function after(form: RegExp, line: string, at: number): number {
  form.lastIndex = at;
  return form.test(line) ? form.lastIndex : -1;
}
