import type { RequestHandler } from 'express';
import type { Services } from '../domain/service.ts';
import { mayReadDetails, type Confidential } from '../http/details.ts';
import { visiblePage } from '../http/visible-page.ts';
import { CONFIDENTIAL_TITLE } from '../incidents/confidential.ts';
import { seenBy, type ShadowReport } from '../shadow/report.ts';
import type { ListPlace, ListRow } from '../store/incident-list.ts';
import type { ReadModel } from '../store/read-model.ts';
import { readSituations } from '../store/situations.ts';
import { NO_SERVICES } from '../incidents/services.ts';
import { listPage } from './list-page.ts';
import { meantIncident, readListQuery, toFilter } from './list-query.ts';
import { readSaid } from './said.ts';
import { visitorOf } from './visitor.ts';

export interface ListRouteParts {
  readonly read: ReadModel;
  /** The catalogue; without it nothing is known of services. */
  readonly services?: () => Services;
  readonly now: () => number;
  readonly confidential: Confidential;
  /** The rules that run beside; null where there are none. */
  readonly shadow?: () => ShadowReport | null;
}

/** `GET /`: the list, or the incident itself where its id was searched for. */
export function listRoute({ read, now, confidential, services, shadow }: ListRouteParts): RequestHandler {
  return async (req, res) => {
    const visitor = visitorOf(res);
    if (visitor === null) return;
    const query = readListQuery(req.query);
    const meant = meantIncident(query);
    if (meant !== null && (await read.byNumber(meant)) !== null) return res.redirect(303, `/incidents/INC-${meant}`);
    const hidesDetails = !mayReadDetails(visitor);
    const readAfter = (limit: number, after: ListPlace | null): Promise<ListRow[]> =>
      read.rows(toFilter(query), limit, after ?? query.after);
    // What is found by its words or its category would tell what it is about.
    const rows =
      hidesDetails && (query.q !== '' || query.category.length > 0)
        ? await visiblePage<ListRow>(readAfter, confidential, query.limit)
        : await readAfter(query.limit + 1, null);
    const concealed = (row: ListRow): ListRow =>
      hidesDetails && confidential(row)
        ? { ...row, title: CONFIDENTIAL_TITLE, category: '', service: '', environment: '' }
        : row;
    const counts = await read.openCounts();
    const more = rows.length > query.limit;
    const said = readSaid(req.query['done'], req.query['of']);
    const page = listPage({
      query,
      rows: rows.slice(0, query.limit).map(concealed),
      counts,
      situations: await readSituations({ read, services: services?.() ?? NO_SERVICES, holds: confidential }),
      more,
      frozen: await read.frozen(),
      shadow: seenBy(shadow?.() ?? null, confidential, !hidesDetails),
      visitor,
      now: now(),
      said,
    });
    res.type('html').send(page);
  };
}
