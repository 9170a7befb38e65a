import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './project.ts';

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** A Markdown file of the project, by its path from the root. */
export function readDoc(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}

/** README.md and everything below docs/. */
export function allDocs(): string[] {
  const below = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...below.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
}

/** The fenced blocks, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }));
}

/** Where links and pictures lead, without their fragments; what stands in code is no link. */
export function linksOf(markdown: string): string[] {
  const text = markdown.replace(/^```\w*\n.*?^```$/gms, '');
  return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target = '']) => target);
}
