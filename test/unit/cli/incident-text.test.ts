import { describeIncident, type IncidentJson } from '../../../src/cli/incident-text.ts';

const INCIDENT: IncidentJson = {
  ...{ id: 'INC-7', title: 'DiskFills: it runs full', status: 'triggered', level: '2', priority: 'P2' },
  ...{ severity: 'critical', createdAt: '2026-01-05T03:12:05Z', acknowledgedBy: null, resolvedBy: null },
  category: { id: 'other', confidence: 0.9, reasons: [] },
  nextStep: null,
};

it('an incident on the terminal says since when it burns and where, not only when the bridge heard of it', () => {
  const alerts = [
    { startsAt: '2026-01-05T03:05:00Z', labels: { instance: 'node-8:9100' } },
    { startsAt: '2026-01-05T03:02:00Z', labels: { instance: 'node-7:9100' } },
  ];
  const text = describeIncident({ ...INCIDENT, alerts }, []);
  expect(text).toContain('Since      2026-01-05 03:02:00 UTC\nOpened     2026-01-05 03:12:05 UTC\n');
  expect(text).toContain('Target     node-8:9100, node-7:9100\n');
});

it('of many targets the first are named and the others counted', () => {
  const alerts = Array.from({ length: 9 }, (_, n) => ({ startsAt: '2026-01-05T03:05:00Z', labels: { host: `h${n}` } }));
  expect(describeIncident({ ...INCIDENT, alerts }, [])).toContain('Target     h0, h1, h2, h3, h4 and 4 more\n');
});

it('alerts without a place or a date leave their lines out', () => {
  const text = describeIncident({ ...INCIDENT, alerts: [{ startsAt: 'soon', labels: {} }] }, []);
  expect(text).not.toMatch(/^(Since|Target)/m);
});
