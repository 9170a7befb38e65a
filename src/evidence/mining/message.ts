import { levelOf } from '../reading/level.ts';
import { messageStart } from './header.ts';
import { maskLine } from './mask.ts';
import { traceShape } from './trace.ts';

/** The shape of a record's text: its message without what stands in front of it, and what is telling of its trace. */
export function shapeOfText(text: string): string {
  const end = text.indexOf('\n');
  const head = end < 0 ? text : text.slice(0, end);
  return shapeOfRecord(head, messageStart(head), end < 0 ? [] : text.slice(end + 1).split('\n'));
}

/** As {@link shapeOfText} of a record in lines. `start` is where the message of its first line begins. */
export function shapeOfRecord(head: string, start: number, further: readonly string[]): string {
  const shape = maskLine(start === 0 ? head : head.slice(start));
  return further.length === 0 ? shape : shape + traceShape(further);
}

/** `c.s.Orders#37`, `reflector.go:138`: where in a program a line was written, as some formats say it in front. */
const PLACE =
  /[A-Za-z_$][\w$.[\]/]*#\d{1,5}(?!\w)|[\w-]+\.(?:java|kt|scala|go|py|rb|js|ts|cs|cc?|cpp|h|rs|php):\d{1,6}(?!\w)/;
const PROGRAM = /([A-Za-z][\w.$/-]{1,80})(?:\([\w-]{1,40}\))?(?:\[\d+\])?\s*[:\]-]*\s*$/;

/** The place, logger or program that stands before the message, '' where none does: the same words of two are two events. */
export function siteOfText(text: string): string {
  const end = text.indexOf('\n');
  const start = messageStart(end < 0 ? text : text.slice(0, end));
  if (start === 0) return '';
  const program = PROGRAM.exec(text.slice(0, start))?.[1] ?? '';
  return PLACE.exec(text.slice(0, start))?.[0] ?? (levelOf(program) === '' ? program : '');
}
