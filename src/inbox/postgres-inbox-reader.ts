import { sql, type Kysely } from 'kysely';
import type { Tables } from '../store/schema.ts';
import type { Delivery, InboxReader, Refused } from './inbox-reader.ts';

/** The deliveries of all replicas. Closing it leaves the tables open. */
export function openPostgresInboxReader(db: Kysely<Tables>): InboxReader {
  return {
    async after(seq, limit, maxBytes) {
      const { rows } = await sql<Delivery>`
        select seq, id, source, received_at as "receivedAt", body from (
          select *, sum(octet_length(body)) over (order by seq) as bytes, row_number() over (order by seq) as nth from (
            select seq, id, source, received_at, body from deliveries
            where seq > ${seq} and kind = 'accepted' order by seq limit ${limit}
          ) next
        ) measured where nth = 1 or bytes <= ${maxBytes} order by seq`.execute(db);
      return rows;
    },
    async last() {
      const { rows } = await sql<{ seq: number }>`
        select seq from deliveries where kind = 'accepted' order by seq desc limit 1`.execute(db);
      return rows[0]?.seq ?? 0;
    },
    async refusedAfter(seq, limit) {
      const { rows } = await sql<Refused>`
        select seq, source, reason from deliveries
        where seq > ${seq} and kind = 'refused' order by seq limit ${limit}`.execute(db);
      return rows;
    },
    close() {},
  };
}
