import type { Config } from './schema.ts';

/** What is right and yet perhaps not meant: one sentence each. */
export function notesOn({ mode, channels }: Config): string[] {
  if (mode !== 'observe' || channels.some(({ observe }) => observe)) return [];
  return [
    'mode is observe and no channel says `observe: true`, so nobody is sent anything: what is found stands in the console only',
  ];
}
