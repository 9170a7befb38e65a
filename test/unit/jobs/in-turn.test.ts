import { inTurn } from '../../../src/jobs/in-turn.ts';

it('a chore that breaks keeps none behind it from its turn, and is told at the end', async () => {
  const done: string[] = [];
  const breaks = async (): Promise<void> => {
    throw new Error('the refused could not be told');
  };
  const works = async (): Promise<void> => void done.push('alerts that nobody repeats have ended');
  await expect(inTurn([breaks, works])).rejects.toThrow('the refused could not be told');
  expect(done).toEqual(['alerts that nobody repeats have ended']);
  await inTurn([works]);
  expect(done).toHaveLength(2);
});
