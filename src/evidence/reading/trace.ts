/** `traceId=`, `trace_id: `, `TraceID: `, `"trace-id":"`, `dd.trace_id=`: the id of a request, as programs write it into lines. */
const TRACE = /trace[-_. ]?id\]?["']?\s?[:=]\s?["']?\[?([0-9a-z][0-9a-z-]{7,63})(?![0-9a-z-])/i;
/** W3C Trace Context, `traceparent`: version, trace, span, flags. */
const PARENT = /\btraceparent["']?\s?[:=]\s?["']?[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b/i;
/** Far into a line nobody writes it. */
const MAX_LOOK = 1_000;

/** The trace that a line says it belongs to, or ''. All zeros are none. */
export function traceInText(text: string): string {
  const start = text.length > MAX_LOOK ? text.slice(0, MAX_LOOK) : text;
  if (!start.includes('race') && !start.includes('RACE')) return '';
  const found = (TRACE.exec(start) ?? PARENT.exec(start))?.[1] ?? '';
  return isTrace(found) ? found.toLowerCase() : '';
}

/** Whether this may be the id of a trace: programs write zeros, dashes or words where there is none. */
export function isTrace(id: string): boolean {
  return id.length >= 8 && id.length <= 64 && /\d/.test(id) && /[1-9a-f]/i.test(id);
}
