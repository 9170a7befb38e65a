import type { RequestHandler } from 'express';
import type { ReadModel } from '../store/read-model.ts';
import { listPage } from './list-page.ts';
import { meantIncident, readListQuery, toFilter } from './list-query.ts';
import { readSaid } from './said.ts';
import { visitorOf } from './visitor.ts';

export interface ListRouteParts {
  readonly read: ReadModel;
  readonly now: () => number;
}

/** `GET /`: the list, or the incident itself where its id was searched for. */
export function listRoute({ read, now }: ListRouteParts): RequestHandler {
  return async (req, res) => {
    const visitor = visitorOf(res);
    if (visitor === null) return;
    const query = readListQuery(req.query);
    const meant = meantIncident(query);
    if (meant !== null && (await read.byNumber(meant)) !== null) return res.redirect(303, `/incidents/INC-${meant}`);
    const rows = await read.rows(toFilter(query), query.limit + 1, query.after);
    const counts = await read.openCounts();
    const more = rows.length > query.limit;
    const said = readSaid(req.query['done'], req.query['of']);
    const page = listPage({ query, rows: rows.slice(0, query.limit), counts, more, visitor, now: now(), said });
    res.type('html').send(page);
  };
}
