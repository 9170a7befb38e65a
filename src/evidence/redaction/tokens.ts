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
  ['telegram-token', [':aa'], '\\d{8,10}:AA[\\w-]{33}'],
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
  ['age-key', ['age-secret-key-'], 'AGE-SECRET-KEY-1[0-9A-Z]{58}'],
];

const JWT = /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{8,16384}(?:\.[\w-]{0,4096}){1,3}/g;

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
  ...VENDORS.map(([type, hints, shape]) =>
    findPattern(type, hints, new RegExp(`(?<![A-Za-z0-9_])${shape}(?![A-Za-z0-9_])`, 'g')),
  ),
];
