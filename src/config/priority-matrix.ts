import { z } from 'zod';
import { DEFAULT_MATRIX, RATINGS, type PriorityMatrix, type Rating } from '../domain/priority.ts';
import { priority } from './fields.ts';

function row(urgency: Rating) {
  const shipped = DEFAULT_MATRIX[urgency];
  return z
    .strictObject({
      high: priority.default(shipped.high),
      medium: priority.default(shipped.medium),
      low: priority.default(shipped.low),
    })
    .prefault({});
}

/** `high: { low: P1 }`: urgency, then impact. What is worse must not become less important. */
export const priorityMatrix = z
  .strictObject({ high: row('high'), medium: row('medium'), low: row('low') })
  .superRefine((matrix, ctx) => {
    for (const { urgency, impact, than } of falls(matrix))
      ctx.addIssue({
        code: 'custom',
        message: `urgency ${urgency} with impact ${impact} is less important than ${than}`,
        path: [urgency],
        params: { allowed: 'priorities that rise, or stay, with urgency and with impact' },
      });
  })
  .prefault({});

/** Where a higher urgency or a wider impact makes it less important. */
function falls(matrix: PriorityMatrix): { urgency: Rating; impact: Rating; than: string }[] {
  return RATINGS.flatMap((urgency, row) =>
    RATINGS.flatMap((impact, column) => {
      const [below, beside] = [RATINGS[row + 1], RATINGS[column + 1]];
      const here = matrix[urgency][impact];
      return [
        ...(below !== undefined && here > matrix[below][impact] ? [{ urgency, impact, than: `urgency ${below}` }] : []),
        ...(beside !== undefined && here > matrix[urgency][beside]
          ? [{ urgency, impact, than: `impact ${beside}` }]
          : []),
      ];
    }),
  );
}
