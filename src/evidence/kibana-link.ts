/** What the page shall show. Times are epoch milliseconds. */
export interface DiscoverSearch {
  readonly url: string;
  readonly space?: string | undefined;
  /** The id of the data view; Kibana's default one where there is none. */
  readonly dataView?: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly timeField: string;
  readonly columns: readonly string[];
  /** Any of these fields has the value. */
  readonly fields: readonly string[];
  readonly value: string;
  /** Or any of these. */
  readonly others?: readonly { readonly field: string; readonly value: string }[];
}

/** A link that opens Discover with the same window and search. `_g` and `_a` are Rison, as Kibana writes them. */
export function discoverLink(search: DiscoverSearch): string {
  const base = `${search.url.replace(/\/+$/, '')}${search.space === undefined ? '' : `/s/${encodeURIComponent(search.space)}`}`;
  const time = { from: new Date(search.from).toISOString(), to: new Date(search.to).toISOString() };
  const app = {
    columns: search.columns,
    ...(search.dataView === undefined
      ? {}
      : { dataSource: { dataViewId: search.dataView, type: 'dataView' }, index: search.dataView }),
    query: { language: 'kuery', query: kueryOf(search) },
    sort: [[search.timeField, 'desc']],
  };
  const general = { filters: [], refreshInterval: { pause: true, value: 60_000 }, time };
  return `${base}/app/discover#/?_g=${escapeRison(rison(general))}&_a=${escapeRison(rison(app))}`;
}

function kueryOf({ fields, value, others = [] }: DiscoverSearch): string {
  const quote = (text: string): string => `"${text.replace(/[\\"]/g, (char) => `\\${char}`).replace(/\s+/g, ' ')}"`;
  return [...fields.map((field) => ({ field, value })), ...others]
    .map((one) => `${one.field} : ${quote(one.value)}`)
    .join(' or ');
}

type RisonValue = string | number | boolean | null | readonly RisonValue[] | { readonly [key: string]: RisonValue };

/** Rison (github.com/Nanonid/rison): JSON in the characters that an address may hold. */
export function rison(value: RisonValue): string {
  if (typeof value === 'string') return risonString(value);
  if (typeof value === 'number') return String(value).replace('+', '');
  if (typeof value === 'boolean') return value ? '!t' : '!f';
  if (value === null) return '!n';
  if (Array.isArray(value)) return `!(${value.map((item) => rison(item as RisonValue)).join(',')})`;
  const members = Object.entries(value as Readonly<Record<string, RisonValue>>).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return `(${members.map(([key, member]) => `${risonString(key)}:${rison(member)}`).join(',')})`;
}

function risonString(text: string): string {
  return /^[A-Za-z_./~][\w./~-]*$/.test(text) ? text : `'${text.replace(/[!']/g, (char) => `!${char}`)}'`;
}

/** What Rison leaves bare may stay so in a fragment; all else is escaped. */
function escapeRison(text: string): string {
  return encodeURIComponent(text)
    .replace(/%(?:3A|2C|40|2F|24)/g, (code) => decodeURIComponent(code))
    .replace(/'/g, '%27');
}
