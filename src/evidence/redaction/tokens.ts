import { findPattern, type Find } from './finding.ts';

/**
 * Shapes that name themselves: the prefixes that vendors give their keys so that scanners can find them, private key
 * blocks and JSON Web Tokens. Sources: the vendors' own pages on token formats and secret scanning.
 */
const VENDORS: readonly (readonly [type: string, hints: Find['hints'], shape: string])[] = [
  ['github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], 'gh[pousr]_[A-Za-z0-9]{20,255}'],
  ['github-token', ['github_pat_'], 'github_pat_\\w{40,255}'],
  [
    'gitlab-token',
    ['glpat', 'gloas', 'gldt', 'glrt', 'glcbt', 'glptt', 'glft', 'glimt', 'glagent', 'glsoat', 'glffct'],
    'gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[\\w.-]{20,320}',
  ],
  ['slack-token', ['xox', 'xapp-'], '(?:xox[abceoprs]-[A-Za-z0-9.-]{10,255}|xapp-\\d-[A-Za-z0-9-]{10,255})'],
  ['slack-webhook', ['hooks.slack.com/'], 'hooks\\.slack\\.com/(?:services|workflows|triggers)/[\\w/+-]{20,200}'],
  ['discord-webhook', ['/api/webhooks/'], 'discord(?:app)?\\.com/api/webhooks/\\d{5,25}/[\\w-]{20,120}'],
  ['teams-webhook', ['webhook.office.com'], '[\\w-]{1,63}\\.webhook\\.office\\.com/webhookb2/[\\w@/-]{30,300}'],
  ['aws-key', ['akia', 'asia', 'abia', 'acca'], '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}'],
  ['google-key', ['aiza'], 'AIza[\\w-]{35}'],
  ['google-token', ['ya29.', 'gocspx-'], '(?:ya29\\.[\\w-]{20,2048}|GOCSPX-[\\w-]{20,64})'],
  ['google-token', ['1//'], '1//0[\\w-]{30,512}'],
  ['stripe-key', ['_live_', '_test_'], '[srp]k_(?:live|test)_[A-Za-z0-9]{10,255}'],
  ['webhook-secret', ['whsec_'], 'whsec_[A-Za-z0-9+/]{16,255}={0,2}'],
  ['api-key', ['sk-'], 'sk-(?:ant-|proj-|svcacct-|admin-|or-v1-)?[\\w-]{20,255}'],
  ['npm-token', ['npm_'], 'npm_[A-Za-z0-9]{30,255}'],
  ['pypi-token', ['pypi-'], 'pypi-[\\w-]{40,512}'],
  ['docker-token', ['dckr_'], 'dckr_(?:pat|oat)_[\\w-]{20,255}'],
  ['sendgrid-key', ['sg.'], 'SG\\.[\\w-]{16,64}\\.[\\w-]{16,128}'],
  ['mailgun-key', ['key-'], 'key-[0-9a-f]{32}'],
  ['twilio-key', /SK[0-9a-f]{32}/, 'SK[0-9a-f]{32}'],
  ['telegram-token', [':aa'], '(?:bot)?\\d{8,10}:AA[\\w-]{33}'],
  ['digitalocean-token', ['_v1_'], 'do[oprt]_v1_[0-9a-f]{64}'],
  ['vault-token', ['hvs.', 'hvb.', 'hvr.'], 'hv[sbr]\\.[\\w-]{20,512}'],
  ['azure-secret', ['8q~', '7q~'], '[\\w~.-]{3}[78]Q~[\\w~.-]{31,34}'],
  ['shopify-token', ['shpat', 'shpca', 'shppa', 'shpss', 'shpua'], 'shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}'],
  ['databricks-token', ['dapi'], 'dapi[0-9a-f]{32}(?:-\\d)?'],
  ['huggingface-token', ['hf_'], 'hf_[A-Za-z0-9]{30,64}'],
  ['grafana-token', ['glsa_', 'glc_'], '(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/=]{32,400})'],
  ['newrelic-key', ['nrak-', 'nrii-', 'nral'], '(?:NRAK|NRII|NRAL)-[\\w-]{20,64}'],
  ['atlassian-token', ['atatt3', 'atctt3', 'atbb'], '(?:AT[AC]TT3[\\w=.-]{60,512}|ATBB[A-Za-z0-9]{24,64})'],
  ['sentry-token', ['sntrys_', 'sntryu_'], 'sntry[su]_[\\w+/=.-]{30,512}'],
  ['linear-key', ['lin_api_'], 'lin_api_[A-Za-z0-9]{30,64}'],
  ['postman-key', ['pmak-'], 'PMAK-[0-9a-f]{24}-[0-9a-f]{34}'],
  ['doppler-token', ['dp.'], 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.-]{30,128}'],
  ['pulumi-token', ['pul-'], 'pul-[0-9a-f]{40}'],
  ['terraform-token', ['.atlasv1.'], '[A-Za-z0-9]{14}\\.atlasv1\\.[\\w=-]{60,80}'],
  ['square-token', ['eaaa', 'sq0'], '(?:EAAA[\\w-]{60}|sq0(?:atp|csp)-[\\w-]{22,43})'],
  ['supabase-key', ['sbp_', 'sb_secret_'], '(?:sbp_[0-9a-f]{40}|sb_secret_[\\w-]{20,64})'],
  ['netlify-token', ['nfp_'], 'nfp_[A-Za-z0-9]{36,64}'],
  ['figma-token', ['figd_'], 'figd_[\\w-]{36,64}'],
  ['notion-token', ['ntn_'], 'ntn_[A-Za-z0-9]{40,64}'],
  ['groq-key', ['gsk_'], 'gsk_[A-Za-z0-9]{40,64}'],
  ['replicate-token', ['r8_'], 'r8_[A-Za-z0-9]{32,64}'],
  ['planetscale-token', ['pscale_'], 'pscale_(?:tkn|pw|oauth)_[\\w.=-]{32,64}'],
  ['fly-token', ['fm1', 'fm2_'], 'fm(?:1[ar]|2)_[A-Za-z0-9+/=_-]{40,4096}'],
  ['airtable-token', /pat[A-Za-z0-9]{14}\./, 'pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}'],
  ['rubygems-key', ['rubygems_'], 'rubygems_[0-9a-f]{48}'],
  ['crates-token', /cio[A-Za-z0-9]{32}/, 'cio[A-Za-z0-9]{32}'],
  ['tailscale-key', ['tskey-'], 'tskey-[a-z]{2,12}-[\\w-]{16,64}'],
  ['buildkite-token', ['bkua_'], 'bkua_[0-9a-f]{40}'],
  ['circleci-token', ['ccip'], 'CCIP(?:AT|RJ)_[A-Za-z0-9]{20,24}_[0-9a-f]{40}'],
  ['launchdarkly-key', ['sdk-', 'mob-'], '(?:sdk|mob)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'],
  ['dynatrace-token', ['dt0'], 'dt0[a-z]\\d\\d\\.[A-Z2-7]{24}\\.[A-Z2-7]{64}'],
  ['artifactory-key', ['akcp'], 'AKCp[A-Za-z0-9]{60,80}'],
  ['facebook-token', /EAA[A-Za-z0-9]{80}/, 'EAA[A-Za-z0-9]{80,512}'],
  ['mapbox-token', ['sk.eyj'], 'sk\\.eyJ[\\w-]{40,256}\\.[\\w-]{20,64}'],
  ['mailchimp-key', /[0-9a-f]-us\d/, '[0-9a-f]{32}-us\\d{1,2}'],
  ['discord-token', /\.[\w-]{6}\.[\w-]{27}/, '[MNO][A-Za-z0-9]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,40}'],
  ['age-key', ['age-secret-key-'], 'AGE-SECRET-KEY-1[0-9A-Z]{58}'],
];

const JWT = /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{8,16384}(?:\.[\w-]{0,4096}){1,3}/g;

/** As crypt(3) writes it into shadow files and databases: bcrypt, SHA-2, yescrypt, Argon2, Apache's MD5. */
const HASHED = /\$(?:apr1|[156y]|2[abxy]|argon2(?:id?|d))\$[\w./$=,+-]{20,200}/g;

/** `name_` and what is drawn at random, as most vendors have it now: three runs of digits or more among both cases. */
const PREFIXED = /(?<![\w-])[A-Za-z][A-Za-z0-9]{0,11}_(?:[a-z]{2,8}_)?[A-Za-z0-9]{30,255}(?![\w-])/g;

/** To its end line, or to the end of a text that was cut within. Line feeds may be written `\n`. */
const KEY_BLOCK =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END )[^])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g;

/** One line of such a block, where a shipper has made each line a record of its own: 64 (or 76) characters of base64. */
const KEY_LINE = /^(?<keep>\s{0,16})[A-Za-z0-9+/]{60,76}={0,2}(?=\s{0,4}$)/g;

export const tokens: readonly Find[] = [
  findPattern('private-key', ['private key'], KEY_BLOCK),
  findPattern(
    'private-key',
    /^\s{0,16}[A-Za-z0-9+/]{60}/,
    KEY_LINE,
    (line) => /[a-z]/.test(line) && /[A-Z]/.test(line) && /\d/.test(line),
  ),
  findPattern('jwt', ['eyj'], JWT),
  findPattern('password-hash', ['$apr1$', '$1$', '$5$', '$6$', '$y$', '$2', '$argon2'], HASHED),
  ...VENDORS.map(([type, hints, shape]) =>
    findPattern(type, hints, new RegExp(`(?<![A-Za-z0-9_])${shape}(?![A-Za-z0-9_])`, 'g')),
  ),
  findPattern('token', /_[A-Za-z0-9]{30}/, PREFIXED, isDrawn),
];

function isDrawn(token: string): boolean {
  return /[a-z]/.test(token) && /[A-Z]/.test(token) && (token.match(/\d+/g) ?? []).length >= 3;
}
