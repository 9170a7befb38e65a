import { findPattern, type Find } from './finding.ts';

/** Units of systemd and file names look like addresses: `getty@tty1.service`, `icon@2x.png`. */
const NO_DOMAIN =
  /\.(?:service|socket|timer|mount|target|scope|slice|path|swap|png|jpe?g|gif|svg|js|mjs|ts|css|map|json|ya?ml|so|jar|py|go|rs|java|class|tgz|zip|gz|log)$/i;

const EMAIL =
  /(?<![\w.+%-])(?<!:\/\/)[\w.+%-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-]|\.\w)/g;

/** The same in the address of a page. */
const ENCODED_EMAIL =
  /(?<![\w.+-])[\w.+-]{1,64}%40(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-]|\.\w)/g;

/** 13 to 19 digits, in groups perhaps, that begin as card numbers do (ISO/IEC 7812: 3, 4, 5, 6 or 22 to 27). */
const CARD = /(?<![\w.:/+-])(?:[3456]|2[2-7])\d{2,3}(?:[ -]?\d{2,6}){2,5}(?![\w:-]|\.\d)/g;

const BRANDS =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[3-9]|[3-6]\d|7[01])\d{13}|222[1-9]\d{12}|2720\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d{2})\d{12}|35\d{14}|62\d{14,17})$/;

export const personal: readonly Find[] = [
  findPattern('email', ['@'], EMAIL, (address) => !NO_DOMAIN.test(address) && !address.startsWith('git@')),
  findPattern('email', ['%40'], ENCODED_EMAIL, (address) => !NO_DOMAIN.test(address)),
  findPattern('card', /\d{4}[ -]?\d{4}[ -]?\d{4}|\d{4}[ -]\d{6}[ -]/, CARD, isCard),
];

function isCard(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  return BRANDS.test(digits) && !/^(\d)\1+$/.test(digits) && luhn(digits);
}

/** The check digit of ISO/IEC 7812-1, annex B. */
function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
