import type { Classifier } from '../classify/classifier.ts';
import type { AlertFacts } from '../classify/facts.ts';
import { label } from '../domain/alert.ts';
import type { Classification } from '../domain/category.ts';
import { cleanLine } from '../domain/text.ts';
import { readCandidates } from './classify-input.ts';
import { readJsonDocuments } from './json-documents.ts';

export interface ClassifyOptions {
  /** The name of the input in messages: the file as the caller wrote it, or `-`. */
  readonly file: string;
  /** The whole input; what it throws becomes a message. */
  readonly read: () => Promise<string>;
  /** A line for standard output. */
  readonly write: (line: string) => void;
  /** A line for standard error. */
  readonly writeError: (line: string) => void;
  readonly format: 'table' | 'ndjson' | 'json';
  /** 0–1: below it an alert stays unclassified, 0 always decides; omitted: the classifier's own. */
  readonly threshold?: number;
  readonly classifier: Classifier;
}

interface Judged {
  readonly name: string;
  readonly verdict: Classification;
}

/**
 * `tierbell classify FILE|-`: the category of every alert in the input, in order, with its reasons. What is no alert is
 * told as `file:line:column: message` and its neighbours go on.
 * @returns the exit status: 0 all judged, 1 something could not be read, 2 a threshold outside 0–1
 */
export async function classifyCommand(options: ClassifyOptions): Promise<0 | 1 | 2> {
  const { file, threshold, classifier, writeError } = options;
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1)) {
    writeError(`classify: --threshold must be a number from 0 to 1, found ${threshold}`);
    return 2;
  }
  const text = await readText(options);
  if (text === null) return 1;
  const { alerts, problems } = readAlerts(text);
  for (const problem of problems) writeError(`${file}:${problem}`);
  const judged = alerts.map((facts) => ({ name: nameOf(facts), verdict: classifier.classify(facts, threshold) }));
  print(judged, options);
  return problems.length > 0 ? 1 : 0;
}

async function readText({ file, read, writeError }: ClassifyOptions): Promise<string | null> {
  try {
    return await read();
  } catch (error) {
    writeError(`${file}: cannot be read: ${cleanLine(error instanceof Error ? error.message : String(error))}`);
    return null;
  }
}

/** The alerts in order; the problems as `line:column: message`. */
function readAlerts(text: string): { alerts: AlertFacts[]; problems: string[] } {
  const alerts: AlertFacts[] = [];
  const problems: string[] = [];
  for (const document of readJsonDocuments(text)) {
    const place = `${document.line}:${document.column}:`;
    if ('message' in document) problems.push(`${place} not JSON: ${document.message}`);
    else
      for (const candidate of readCandidates(document.value)) {
        if ('facts' in candidate) alerts.push(candidate.facts);
        else problems.push(`${place} ${candidate.path === '' ? '' : `${candidate.path}: `}${candidate.message}`);
      }
  }
  if (alerts.length === 0 && problems.length === 0)
    problems.push('1:1: no alert in it; expected a webhook payload, a list of alerts, or one alert or rule a line');
  return { alerts, problems };
}

function nameOf({ labels }: AlertFacts): string {
  return cleanLine(label(labels, 'alertname') || label(labels, 'rulename') || '(no name)', 80);
}

function print(judged: readonly Judged[], { format, write }: ClassifyOptions): void {
  if (format === 'ndjson') for (const { verdict } of judged) write(JSON.stringify(inOrder(verdict)));
  else if (format === 'json')
    write(
      JSON.stringify(
        judged.map(({ name, verdict }) => ({ alert: name, ...inOrder(verdict) })),
        null,
        2,
      ),
    );
  else for (const line of table(judged)) write(line);
}

/** The fields in the documented order, and no others. */
function inOrder({ category, confidence, method, reasons, alternatives }: Classification): Classification {
  return { category, confidence, method, reasons, alternatives };
}

function table(judged: readonly Judged[]): string[] {
  const rows = [
    ['ALERT', 'CATEGORY', 'CONFIDENCE', 'WHY'],
    ...judged.map(({ name, verdict }) => [
      name,
      verdict.category,
      verdict.confidence.toFixed(2),
      verdict.reasons[0] ?? '',
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return judged.length === 0
    ? []
    : rows.map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
}
