import { sql } from 'kysely';
import { openSqlite } from '../../../src/store/sqlite.ts';
import { temporaryFolder } from '../../servers/cleanup.ts';

it('what SQLite has rolled back by itself, as on a full disk, is told by its own error', async () => {
  const db = await openSqlite(temporaryFolder('store').path);
  const broken = db.transaction().execute(async (tx) => {
    await sql`rollback`.execute(tx);
    throw new Error('the disk is full');
  });
  await expect(broken).rejects.toThrow('the disk is full');
  await db
    .transaction()
    .execute(async (tx) => void (await tx.insertInto('meta').values({ name: 'a', value: 'b' }).execute()));
  await db.destroy();
});
