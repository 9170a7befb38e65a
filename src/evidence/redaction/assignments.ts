import { commandLines } from './command-lines.ts';
import { findPattern, isMarked, looksRandom, NO_SECRET, type Find, type Found } from './finding.ts';

interface Named {
  readonly type: string;
  readonly words: string;
  readonly hints: Find['hints'];
  /** `certain`: any value is a secret; `likely`: one that looks drawn at random, or was written after `=`; `random`: only the former. */
  readonly trust: 'certain' | 'likely' | 'random';
}

/** The last part of a name decides: `DB_PASSWORD`, `spring.datasource.password` and `userPassword` are passwords. */
const NAMES: readonly Named[] = [
  {
    type: 'password',
    words:
      'password|passwd|passphrase|passcode|(?<![A-Za-z])(?:pwd|pass|pw)|(?<=_)(?:pwd|pass|pw)|Pwd|kennwort|passwort|contrase\u00f1a|mot[_-]?de[_-]?passe',
    hints: ['pass', 'pwd', 'pw=', 'pw:', 'kennwort', 'contrase'],
    trust: 'certain',
  },
  {
    type: 'secret',
    words:
      '(?:api|access|account|shared[_-]?access|secret|private|signing|encryption|master|storage|license|subscription|functions|service|webhook|auth|consumer|client)[_-]?key(?:[_-]?(?:secret|value))?|secret[_-]?access[_-]?key|apikey|client[_-]?secret|app[_-]?secret|consumer[_-]?secret|webhook[_-]?secret|shared[_-]?secret|jwt[_-]?secret|session[_-]?secret|secret[_-]?key[_-]?base|sas[_-]?token|secret',
    hints: /key|secret|sas/i,
    trust: 'likely',
  },
  {
    type: 'token',
    words: 'token|x-amz-signature|x-goog-signature|bearer|credentials?|otp|totp',
    hints: ['token', 'signature', 'bearer', 'credential', 'otp'],
    trust: 'likely',
  },
  { type: 'token', words: '(?<=_)pat|(?<![A-Za-z])_auth', hints: ['_pat', '_auth'], trust: 'random' },
  { type: 'token', words: '(?<=[?&])(?:sig|signature|code|key)', hints: /[?&](?:sig|code|key)/i, trust: 'random' },
  {
    type: 'session',
    words:
      'j?session[_-]?id|phpsessid|asp\\.net_sessionid|session[_-]?key|sessid|connect\\.sid|(?<![A-Za-z])sid|cookie',
    hints: ['session', 'sessid', 'sid', 'cookie'],
    trust: 'likely',
  },
];

/** Quotes that close the name, perhaps escaped; then `=`, `:`, `=>`, `:=` or a URL's `%3D`. */
const SEPARATOR = '[\\\\"\'`\\]]{0,4}\\s{0,2}(?::=|=>|==?|:(?!:)|%3[Dd])\\s{0,2}';

/** After a colon and a space a sentence may go on: "Invalid password: must not be empty". */
const PROSE =
  /^(?:a|an|the|is|was|are|not|no|for|from|of|to|in|on|at|by|with|and|or|must|should|cannot|can't|does|did|has|had|failed|failure|invalid|wrong|incorrect|expired|missing|required|too|authentication|access|user|unable|could|error|unknown|unexpected|mismatch|denied|ok|changed|updated|unauthorized|rejected|login)$/i;

const UNQUOTED = /(?:[^\s"'`<>,;&)}\]]|[,;&)}\]](?![\s,;&)}\]"'`<]|$|[\w.-]{1,40}[=:])){1,4096}/y;

export const assignments: readonly Find[] = [
  ...NAMES.map((named) => findAssignments(named)),
  // --password hunter2, -token abc
  findPattern(
    'password',
    ['-pass', '-token', '-secret', '-key', '-pwd'],
    /(?<keep>(?<![\w-])--?(?:[a-z]{1,20}-){0,3}(?:password|passwd|passphrase|pwd|token|secret|api-?key|secret-?key|access-?key) {1,3})(?!-)[^\s"'`;|&]{1,1024}/gi,
    (value) => !NO_SECRET.test(value) && !PROSE.test(value),
  ),
  ...commandLines,
  // <password>hunter2</password>
  findPattern(
    'password',
    ['pass', 'secret', 'token', 'key>'],
    /(?<keep><(?:\w{1,20}:)?\w{0,30}(?:password|passwd|secret|token|apikey|api_key)(?: [^<>]{0,200})?>)[^<>]{1,1024}(?=<\/)/gi,
  ),
  // CREATE USER app IDENTIFIED BY 'hunter2'
  findPattern(
    'password',
    ['identified'],
    /(?<keep>identified\s{1,3}(?:with\s{1,3}\w{1,40}\s{1,3})?by\s{1,3}(?:password\s{1,3})?["'])[^"'\n]{1,256}/gi,
  ),
  // scheme://user:password@host, the password up to the last @ before the host
  findPattern('password', ['://'], /(?<keep>:\/\/[^\s/:@"'<>?#]{0,128}:)[^\s"'<>/?#]{1,256}(?=@[\w[])/g),
  // amqp://user:pa/ss@host: a slash is not allowed there, and found all the same
  findPattern(
    'password',
    ['://'],
    /(?<keep>(?:amqps?|postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|sqlserver|clickhouse|ldaps?|smtps?|ftps?|nats|kafka):\/\/[^\s/:@"'<>?#]{0,128}:)(?!\d{1,5}[/?])[^\s"'<>@]{1,256}(?=@[\w[])/gi,
  ),
  // jdbc:oracle:thin:scott/tiger@//db:1521/x
  findPattern('password', ['jdbc:oracle:'], /(?<keep>jdbc:oracle:\w{1,8}:[^\s/:@]{1,64}\/)[^\s@]{1,128}(?=@)/gi),
  // https://TOKEN@host
  findPattern('token', ['://'], /(?<keep>:\/\/)[\w.~+=-]{16,512}(?=@[\w[])/g, looksRandom),
];

function findAssignments({ type, words, hints, trust }: Named): Find {
  const pattern = new RegExp(`(?:${words})(${SEPARATOR})`, 'gi');
  return {
    hints,
    *find(text) {
      let end = 0;
      for (const match of text.matchAll(pattern)) {
        if (match.index < end) continue;
        const found = readValue(text, match.index + match[0].length);
        if (found === null || !isSecret(text.slice(found.from, found.to), match[1] ?? '', found.quoted, trust))
          continue;
        end = found.to;
        yield { type, from: found.from, to: found.to } satisfies Found;
      }
    },
  };
}

function isSecret(value: string, separator: string, quoted: boolean, trust: Named['trust']): boolean {
  if (value === '' || isMarked(value) || NO_SECRET.test(value)) return false;
  if (!quoted && value.startsWith('/')) return looksRandom(value) && !/^\/[\w.-]+(?:\/|$)/.test(value); // PWD=/root
  if (!quoted && /:\s*$/.test(separator) && PROSE.test(value)) return false;
  if (trust === 'certain' || looksRandom(value)) return true;
  return trust === 'likely' && value.length >= 6 && !separator.trim().endsWith(':') && !/^[\d.]+$/.test(value);
}

/** The value that begins here: to its closing quote where it is quoted, else to a space or to what ends a list item. */
function readValue(text: string, start: number): { from: number; to: number; quoted: boolean } | null {
  const opening = /\\{0,4}["'`]/y;
  opening.lastIndex = start;
  const quote = opening.exec(text)?.[0];
  if (quote !== undefined)
    return { from: start + quote.length, to: closing(text, start + quote.length, quote), quoted: true };
  const from = text[start] === '[' ? start + 1 : start;
  UNQUOTED.lastIndex = from;
  const value = UNQUOTED.exec(text)?.[0];
  return value === undefined ? null : { from, to: from + value.length, quoted: false };
}

/** Where the same quote comes again, with the same number of backslashes; the end of the line where it never does. */
function closing(text: string, from: number, quote: string): number {
  const mark = quote.at(-1) ?? '"';
  const escapes = quote.length - 1;
  const limit = Math.min(text.length, from + 8192);
  for (let at = text.indexOf(mark, from); at >= 0 && at < limit; at = text.indexOf(mark, at + 1)) {
    let backslashes = 0;
    while (at - 1 - backslashes >= from && text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (escapes > 0 ? backslashes === escapes : backslashes % 2 === 0) return at - escapes;
  }
  const lineEnd = text.indexOf('\n', from);
  return lineEnd < 0 || lineEnd > limit ? limit : lineEnd;
}
