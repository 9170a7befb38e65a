import type { RequestHandler } from 'express';
import { mayReadDetails, type Confidential } from '../http/details.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { seenBy, type ShadowReport } from '../shadow/report.ts';
import { shadowPage } from './shadow-page.ts';
import { visitorOf } from './visitor.ts';

export interface ShadowRouteParts {
  readonly shadow?: () => ShadowReport | null;
  readonly now: () => number;
  readonly confidential: Confidential;
}

/** `GET /shadow`: where the shadow rules would have decided otherwise. */
export function shadowRoute({ shadow, now, confidential }: ShadowRouteParts): RequestHandler {
  return (_req, res) => {
    const visitor = visitorOf(res);
    if (visitor === null) return;
    const report = seenBy(shadow?.() ?? null, confidential, mayReadDetails(visitor));
    if (report === null)
      throw new HttpProblem({
        status: 404,
        title: 'No shadow rules',
        detail: 'No rules run beside the present ones; name some in the main file, such as shadow: { rules: next/ }.',
      });
    res.type('html').send(shadowPage({ report, visitor, now: now() }));
  };
}
