import { findPattern, looksRandom, NO_SECRET, type Find } from './finding.ts';

/** Ends of a header in text: its name, perhaps closing quotes, a colon or an equals sign, perhaps an opening quote. */
const AFTER_NAME = '[\\\\"\'\\]]{0,4}\\s{0,2}(?:[:=]|=>)\\s{0,2}[\\\\"\'\\[]{0,4}';
const SCHEMES = 'basic|bearer|apikey|api-key|token|negotiate|ntlm|splunk|genie(?:key)?|key|sso-key|ssws|bot';

/** `Authorization: Bearer …`: with a scheme, whatever follows is a secret. */
const WITH_SCHEME = new RegExp(
  `(?<keep>authorization${AFTER_NAME}(?:${SCHEMES})\\s{1,3})[^\\s"'\\\\,;<>]{1,8192}`,
  'gi',
);

/** Schemes whose parameters are a list. */
const WITH_PARAMETERS = new RegExp(
  `(?<keep>authorization${AFTER_NAME}(?:digest|hmac|signature|oauth|hawk|aws4-hmac-sha256)\\s{1,3})[^\\r\\n]{1,8192}`,
  'gi',
);

const WITHOUT_SCHEME = new RegExp(
  `(?<keep>authorization${AFTER_NAME})(?!(?:${SCHEMES})\\s)[^\\s"'\\\\,;<>\\[\\]]{8,8192}`,
  'gi',
);

/** Outside a header, where somebody printed its value alone. */
const BEARER = /(?<keep>\bbearer\s{1,3})[\w.~+/-]{12,8192}={0,2}/gi;
const BASIC = /(?<keep>\bbasic\s{1,3})[A-Za-z0-9+/]{8,4096}={0,2}/gi;

const PAIR = '[\\w.!#$%&*+^|~-]{1,64}=[^\\s;,"\'\\\\]{0,4096}';
const COOKIE = new RegExp(
  `(?<keep>cookie2?${AFTER_NAME})${PAIR}(?:;\\s?[\\w.!#$%&*+^|~-]{1,64}(?:=[^\\s;"'\\\\]{0,4096})?){0,60}`,
  'gi',
);

export const headers: readonly Find[] = [
  findPattern('authorization', ['authorization'], WITH_SCHEME, isNoMask),
  findPattern('authorization', ['authorization'], WITH_PARAMETERS),
  findPattern('authorization', ['authorization'], WITHOUT_SCHEME, looksRandom),
  findPattern('cookie', ['cookie'], COOKIE),
  findPattern('bearer', ['bearer'], BEARER, looksRandom),
  findPattern('basic', ['basic'], BASIC, isUserAndPassword),
];

/** RFC 7617: base64 of `user:password`. The word after "basic" in a sentence is not. */
function isUserAndPassword(text: string): boolean {
  return /^[\x20-\x7e\u0080-\u{10ffff}]*:[^\p{Cc}]*$/u.test(Buffer.from(text, 'base64').toString('utf8'));
}

function isNoMask(value: string): boolean {
  return !NO_SECRET.test(value);
}
