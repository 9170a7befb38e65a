import { maskLine } from './mask.ts';
import { VARIABLE } from './shape.ts';

/** More lines of a record are not looked at. */
const MAX_LINES = 200;
/** An exception and those that it wraps: the outermost three. */
const MAX_CAUSES = 3;
const MAX_FRAMES = 2;

/** The line that names an exception: Java, .NET, Python, JavaScript, Go, Rust. */
const CAUSE =
  /^\s*(?:Caused by: |Suppressed: |panic: |---> )|^(?:[\w$]+[.:])*[A-Z][\w$]*(?:Error|Exception|Exit|Warning|Interrupt)\b/;
/** Where it was: `at a.b.C.m(C.java:1)`, `File "x.py", line 1, in m`, `#0 x`, `pkg/file.go:1 +0x1d`. */
const FRAME = /^\s*(?:at \S|File "|#\d+:? |\d+: +\S|[\w./-]+\.go:\d+)/;
/** Frames of run times, servers and frameworks: everybody's traces have them. */
const FOREIGN =
  /\b(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|scala|akka|reactor|rx|org\.(?:springframework|apache|hibernate|eclipse|jboss|junit)|io\.(?:netty|grpc|micrometer|undertow)|System|Microsoft)\.|node:internal|node_modules|site-packages|dist-packages|lib\/python\d|\/usr\/lib\/|<frozen |\/(?:go\/src|pkg\/mod)\/|std::|core::|rust_begin_unwind/;
const DIGITS = /0x[0-9a-fA-F]+|\d+/g;

/** What two traces have in common that are the same: exceptions, and the top frames of the application. '' where there is none. */
export function traceShape(further: readonly string[]): string {
  const lines = further.slice(0, MAX_LINES);
  const frames = lines.filter((line) => FRAME.test(line));
  const own = frames.filter((line) => !FOREIGN.test(line));
  const causes = lines.filter((line) => CAUSE.test(line)).slice(0, MAX_CAUSES);
  const top = (own.length > 0 ? own : frames).slice(0, MAX_FRAMES);
  return [...causes.map(maskLine), ...top.map(frameShape)].map((shape) => `\n${shape}`).join('');
}

/** A frame of a run time or a framework: it tells nothing of what is wrong. */
export function isForeignFrame(line: string): boolean {
  return FRAME.test(line) && FOREIGN.test(line);
}

/** Names stay; line numbers, addresses and numbers of generated classes go. */
function frameShape(line: string): string {
  return line.trim().slice(0, 240).replace(DIGITS, VARIABLE);
}
