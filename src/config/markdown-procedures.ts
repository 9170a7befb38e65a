import { CATEGORIES, CATEGORY_TITLES, type Category } from '../domain/category.ts';
import { didYouMean } from '../domain/nearest.ts';
import { readParts, readStep, type MarkdownPart, type MarkdownStep } from './markdown-steps.ts';
import { speakPath, type Path, type Problem } from './problem.ts';
import { speakValue } from './secrecy.ts';
import { valueAt, type YamlFile } from './yaml-file.ts';

interface Place {
  readonly line: number;
  readonly column: number;
}
interface Section {
  readonly category: Category;
  readonly level: string;
  readonly steps: MarkdownStep[];
}

/**
 * Procedures as people write them: `# Network downtime`, below it `## Level 2`, below that a list, one item a step. Other
 * headings of the second level, and all text beside the lists, are for whoever reads the file. Never throws.
 */
export function parseMarkdownProcedures(name: string, text: string): YamlFile {
  const problems: Problem[] = [];
  const places = new Map<string, Place>();
  const tell = (at: Place, message: string, more: Partial<Problem> = {}): void =>
    void problems.push({ file: name, ...at, path: '', message, found: '', allowed: '', hint: '', ...more });
  const sections = readSections(readParts(text), places, tell);
  const whole = sections.every(({ steps }) => steps.length === 0);
  if (whole && problems.length === 0)
    tell({ line: 1, column: 1 }, 'the file holds no steps', {
      allowed: 'a heading such as # Network downtime, below it ## Level 2, below that a list',
    });
  const data = problems.length > 0 ? undefined : { procedures: sections.filter(({ steps }) => steps.length > 0) };
  const placeOf = (path: Path): Place => nearest(places, path);
  return {
    ...{ name, data, problems },
    problem: ({ path, message, found = '', allowed = '', hint = '' }) => ({
      ...{ file: name, ...placeOf(path), path: speakPath(path), message, found, allowed, hint },
    }),
    speak: (path) => speakValue(valueAt(data, path)),
    place: (path) => `${name}:${placeOf(path).line}:${placeOf(path).column}`,
  };
}

type Tell = (at: Place, message: string, more?: Partial<Problem>) => void;

/** Fills `places` with where each part of the data stands. */
function readSections(parts: readonly MarkdownPart[], places: Map<string, Place>, tell: Tell): Section[] {
  const sections: Section[] = [];
  let category: Category | null = null;
  let here: Section | null = null;
  for (const part of parts) {
    const at = { line: part.line, column: part.kind === 'item' ? part.column : 1 };
    if (part.kind === 'item') {
      if (here !== null) addStep(here, part.text, at, tell, places, sections.filter(hasSteps).length);
    } else if (part.depth === 1) {
      [category, here] = [categoryOf(part.text, at, tell), null];
    } else if (part.depth === 2) {
      const level: string | null = levelOf(part.text, at, tell);
      here = level === null || category === null ? null : { category, level, steps: [] };
      if (level !== null && category === null) tell(at, 'a level without a category', { allowed: TITLES });
      if (here !== null) sections.push(here);
    }
  }
  return sections;
}

function hasSteps({ steps }: Section): boolean {
  return steps.length > 0;
}

function addStep(here: Section, text: string, at: Place, tell: Tell, places: Map<string, Place>, filled: number): void {
  const step = readStep(text);
  if (step === null) return tell(at, 'a step has one link', { hint: 'make two steps of it' });
  const index = here.steps.length;
  // Words of other scripts make no id.
  here.steps.push(step.id === '' ? { ...step, id: `level-${here.level}-step-${index + 1}` } : step);
  const section = index === 0 ? filled : filled - 1;
  if (index === 0) places.set(`procedures[${section}]`, at);
  places.set(`procedures[${section}].steps[${index}]`, at);
}

const TITLES = Object.values(CATEGORY_TITLES)
  .map((title) => `# ${title}`)
  .join(', ');

function categoryOf(heading: string, at: Place, tell: Tell): Category | null {
  const wanted = heading.trim().toLowerCase();
  const found = CATEGORIES.find((id) => id === wanted || CATEGORY_TITLES[id].toLowerCase() === wanted);
  if (found !== undefined) return found;
  const hint = didYouMean(heading, Object.values(CATEGORY_TITLES));
  tell(at, 'no such category', { found: speakValue(heading), allowed: TITLES, hint });
  return null;
}

/** Null for a heading that is about something else. */
function levelOf(heading: string, at: Place, tell: Tell): string | null {
  const level = /^level\b\s*(\S*)/i.exec(heading.trim())?.[1]?.toLowerCase();
  if (level === undefined) return null;
  if (/^[123x]$/.test(level)) return level;
  tell(at, 'no such level', { found: speakValue(heading), allowed: '## Level 1, ## Level 2, ## Level 3, ## Level X' });
  return null;
}

/** Where a path stands, or the nearest part of it that has a place. */
function nearest(places: ReadonlyMap<string, Place>, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(speakPath(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return { line: 1, column: 1 };
}
