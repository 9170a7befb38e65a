const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;
const SHAPE = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const ORDER = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;

/** The same for JSON Schema, where an empty text is none. */
export const DURATION_PATTERN = `^0$|(?=\\d)${SHAPE.source}`;

/** What Prometheus can hold: 2^63 nanoseconds, about 292 years. */
const LONGEST_MS = 9_223_372_036_854;

/** Milliseconds of a Prometheus duration (`30s`, `5m`, `1h30m`; units in falling order; `0`), or null where it is none or too long. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const match = SHAPE.exec(text);
  if (text === '' || match === null) return null;
  const ms = ORDER.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * UNIT_MS[unit], 0);
  return ms > LONGEST_MS ? null : ms;
}

/** For people: the two largest units (`2 h 5 min`, `40 s`), never a fraction. */
export function speakDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
