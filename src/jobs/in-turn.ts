/** One after the other, whatever becomes of those before. @throws the first error, once all had their turn */
export async function inTurn(chores: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const chore of chores) await chore().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
