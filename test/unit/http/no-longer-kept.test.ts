import express from 'express';
import request from 'supertest';
import { createApi } from '../../../src/http/api.ts';
import { handleErrors } from '../../../src/http/http-problem.ts';
import { observeGroup } from '../../../src/jobs/observe.ts';
import { openBlobs } from '../../../src/store/blobs.ts';
import { startConsoleApp } from '../../helpers/console-app.ts';
import { ADA, alertOf, groupOf } from '../../helpers/incident-world.ts';
import { temporaryFolder } from '../../servers/cleanup.ts';

describe('a bundle whose file is gone', () => {
  it('is past its retention where its incident is closed (410, with its hash), and lost where it is not (500)', async () => {
    const house = await startConsoleApp();
    const { store, db, read } = house;
    const alerts = ['closed', 'open'].map((name) => alertOf(name, { name }));
    await store.transact(async (unit) => {
      for (const alert of alerts)
        await observeGroup(unit, 'd', groupOf([alert], { groupKey: alert.fingerprint }), ['groupKey']);
    });
    const incidents = await read.incidents({}, 10, null);
    for (const { uid } of incidents)
      await db
        .insertInto('bundles')
        .values({ incident: uid, n: 1, sha256: 'ab'.repeat(32), bytes: 9, created_at: house.now })
        .execute();
    const closed = incidents.find(({ title }) => title.includes('closed'));
    const open = incidents.find(({ title }) => title.includes('open'));
    await store.transact(async (unit) => {
      await unit.incident(closed?.uid ?? '');
      for (const type of ['resolve', 'close'] as const) unit.run(closed?.uid ?? '', { type, by: ADA, reason: '' });
    });
    const app = express();
    const parts = { read, engine: { command: async () => ({ outcome: 'done' }) as const }, confidential: () => false };
    const rest = { blobs: openBlobs(temporaryFolder('blobs').path), procedure: () => [], stream: { async serve() {} } };
    app.use('/api/v1', createApi({ ...parts, ...rest }));
    app.use(handleErrors({ debug() {}, info() {}, warn() {}, error() {} }));
    const ask = (number = 0) => request(app).get(`/api/v1/incidents/INC-${number}/handover.zip`);
    const gone = await ask(closed?.number);
    expect([gone.status, (gone.body as { detail: string }).detail]).toEqual([410, expect.stringContaining('abab')]);
    expect((await ask(open?.number)).status).toBe(500);
    await house.close();
  });
});
