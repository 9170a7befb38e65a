import { Router } from 'express';
import { incidentId } from '../domain/incident.ts';
import { moment } from '../domain/moment.ts';
import { differing, seenBy, type ShadowReport } from '../shadow/report.ts';
import { actorOf } from './authorize.ts';
import { mayReadDetails, type Confidential } from './details.ts';

export interface ShadowApiParts {
  /** Null where no shadow rules are configured. */
  readonly shadow?: () => ShadowReport | null;
  readonly confidential: Confidential;
}

/** `GET /api/v1/shadow`: where the shadow rules would have decided otherwise; before `createApi`, which answers 404 for the rest. */
export function createShadowApi({ shadow, confidential }: ShadowApiParts): Router {
  const api = Router();
  api.get('/shadow', (_req, res) => {
    const report = seenBy(shadow?.() ?? null, confidential, mayReadDetails(actorOf(res)));
    res.json(report === null ? NONE : reportView(report));
  });
  return api;
}

const NONE = { rules: null, since: null, compared: 0, different: 0, behind: 0, trouble: '', items: [], skipped: [] };

function reportView(report: ShadowReport): unknown {
  const { rules, since, findings, skipped, behind, trouble } = report;
  const items = differing(report).map(({ number, title, openedAt, differences }) => ({
    ...{ id: incidentId({ number }), title, openedAt: moment(openedAt), differences },
  }));
  return {
    ...{ rules, since: moment(since), compared: findings.length, different: items.length, behind, trouble, items },
    skipped: skipped.map(({ number, why }) => ({ id: incidentId({ number }), why })),
  };
}
