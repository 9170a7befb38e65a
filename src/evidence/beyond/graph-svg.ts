import { sayTime } from '../../domain/moment.ts';
import type { EvidenceGraph } from '../../domain/incident.ts';
import { speakNumber } from './expression.ts';

/** In the SVG's own units. */
const SIZE = { width: 400, height: 190, left: 62, right: 10, top: 20, bottom: 24 };
/** Distinct to the colour-blind (Okabe and Ito), on light and on dark. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#8c8c8c'];
const ALARM = '#d55e00';

/**
 * A small drawing of the series with the threshold and the moment at which the alert fired. Colours stand in attributes
 * and text takes the colour of its surroundings, so that no style sheet is needed and none is forbidden. Pure.
 */
export function graphSvg(graph: EvidenceGraph): string {
  const scale = scaleOf(graph);
  const { width, height } = SIZE;
  const parts = [
    frame(graph, scale),
    ...graph.series
      .map(({ points }, index) => line(points, graph, scale, COLOURS[index % COLOURS.length] ?? ''))
      .toReversed(),
    threshold(graph, scale),
    fired(graph, scale),
    legend(graph),
  ];
  const head = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + legendHeight(graph)}"`;
  return `<svg ${head} role="img" font-family="sans-serif" font-size="12" fill="currentColor"><title>${escapeXml(titleOf(graph))}</title>${parts.join('')}</svg>`;
}

function titleOf({ expression, comparison, threshold: limit }: EvidenceGraph): string {
  return limit === null ? expression : `${expression} ${comparison ?? ''} ${speakNumber(limit)}`;
}

interface Scale {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly low: number;
  readonly high: number;
}

function scaleOf({ series, threshold: limit, from, to }: EvidenceGraph): Scale {
  let low = limit ?? Infinity;
  let high = limit ?? -Infinity;
  for (const { points } of series)
    for (const [, value] of points) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const { width, height, left, right, top, bottom } = SIZE;
  const span = Math.max(1, to - from);
  // Halved, so that the difference of two huge numbers is still a number.
  const part = (value: number): number => (value / 2 - low / 2) / (high / 2 - low / 2);
  return {
    ...{ low, high },
    x: (at) => left + (Math.min(Math.max(at - from, 0), span) / span) * (width - left - right),
    y: (value) => height - bottom - part(value) * (height - top - bottom),
  };
}

function frame({ from, to }: EvidenceGraph, { y, low, high }: Scale): string {
  const { width, height, left, right, bottom } = SIZE;
  const rule = (value: number): string =>
    `<line x1="${left}" x2="${width - right}" y1="${fix(y(value))}" y2="${fix(y(value))}" stroke="currentColor" stroke-opacity="0.2"/><text x="${left - 6}" y="${fix(y(value) + 4)}" text-anchor="end">${escapeXml(speakNumber(value))}</text>`;
  const time = (at: number, x: number, anchor: string): string =>
    `<text x="${x}" y="${height - bottom + 18}" text-anchor="${anchor}">${sayTime(at)}</text>`;
  return `${rule(low)}${rule(high)}${time(from, left, 'start')}${time(to, width - right, 'end')}`;
}

/** A line for each stretch without a gap; a single point is a dot. */
function line(
  points: EvidenceGraph['series'][number]['points'],
  { stepMs }: EvidenceGraph,
  { x, y }: Scale,
  colour: string,
): string {
  const stretches: (readonly [number, number])[][] = [];
  for (const point of points) {
    const last = stretches.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before !== undefined && point[0] - before[0] <= 1.5 * stepMs) last.push(point);
    else stretches.push([point]);
  }
  return stretches
    .map((stretch) => {
      const places = stretch.map(([at, value]) => `${fix(x(at))},${fix(y(value))}`);
      const [only = ''] = places;
      const [cx, cy] = only.split(',');
      return places.length === 1
        ? `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"/>`
        : `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
    })
    .join('');
}

function threshold({ threshold: limit }: EvidenceGraph, { y }: Scale): string {
  if (limit === null) return '';
  const { width, left, right } = SIZE;
  const at = fix(y(limit));
  return `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="${ALARM}" stroke-width="1.5" stroke-dasharray="6 4"/>`;
}

function fired({ firedAt, from, to }: EvidenceGraph, { x }: Scale): string {
  if (firedAt < from || firedAt > to) return '';
  const { width, height, top, bottom } = SIZE;
  const place = x(firedAt);
  const at = fix(place);
  const anchor = place > width / 2 ? 'end' : 'start';
  const mark = `<line x1="${at}" x2="${at}" y1="${top}" y2="${height - bottom}" stroke="${ALARM}" stroke-width="1.5"/>`;
  return `${mark}<text x="${at}" y="${top - 6}" text-anchor="${anchor}">fired ${sayTime(firedAt)}</text>`;
}

const ROW = 18;

function legendHeight({ series }: EvidenceGraph): number {
  return series.filter(({ name }) => name !== '').length * ROW;
}

function legend({ series }: EvidenceGraph): string {
  return series
    .filter(({ name }) => name !== '')
    .map(({ name }, index) => {
      const y = SIZE.height + index * ROW + 10;
      return `<circle cx="${SIZE.left + 4}" cy="${y - 4}" r="4" fill="${COLOURS[index % COLOURS.length] ?? ''}"/><text x="${SIZE.left + 14}" y="${y}">${escapeXml(name)}</text>`;
    })
    .join('');
}

function fix(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : '0';
}

/** Also without what no XML may hold. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
    .replace(/[&<>"'\u202a-\u202e\u2066-\u2069]/g, (char) => (char < '\u007f' ? `&#${char.charCodeAt(0)};` : '\ufffd'));
}
