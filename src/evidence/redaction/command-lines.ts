import { findPattern, NO_SECRET, type Find } from './finding.ts';

/** What stands between the name of a program and its option, on the same command line. */
const BETWEEN = '[^\\n|;&]{0,200}?';
const VALUE = '[\'"]?)[^\\s\'"|;&-][^\\s\'"|;&]{2,256}';

/** Programs that take a password behind a letter, as shells (`set -x`) and process lists show them. */
export const commandLines: readonly Find[] = [
  // curl -u ada:hunter2
  password(['curl'], `(?<![\\w-])(?:-u|-U|--user|--proxy-user)[ =]{0,2}["']?[^\\s:"'/-][^\\s:"'/]{0,63}:`),
  // mysqldump -uroot -phunter2
  password(
    ['mysql', 'mariadb'],
    `\\b(?:mysql|mariadb)(?!d(?:\\W|_|$))[\\w-]{0,20}${BETWEEN} -p(?!(?:ort|id|ath|refix|rotocol)\\b)`,
  ),
  password(['sshpass'], '\\bsshpass -p ?'),
  // docker login -u ada -p hunter2
  password([' login '], `\\blogin${BETWEEN} -p `),
  password(['redis-cli'], `\\bredis-cli${BETWEEN} -a `),
  password(['snmp'], `\\bsnmp\\w{1,12}${BETWEEN} -c `),
  // as in the configuration of LDAP and Redis
  password(['bindpw', 'rootpw', 'requirepass', 'masterauth'], '\\b(?:bindpw|rootpw|requirepass|masterauth) {1,3}'),
];

function password(hints: readonly string[], before: string): Find {
  return findPattern(
    'password',
    hints,
    new RegExp(`(?<keep>${before}${VALUE}`, 'g'),
    (value) => !NO_SECRET.test(value) && !/^\d{1,5}$/.test(value),
  );
}
