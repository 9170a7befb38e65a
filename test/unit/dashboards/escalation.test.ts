import { readFileSync } from 'node:fs';
import { dashboardFile } from '../../../dashboards/escalation.ts';
import { pipelineMetrics, receivingMetrics, shadowMetrics, storeMetrics } from '../../../src/telemetry/metrics.ts';
import { DASHBOARD_FILE, queriesOf, readDashboard, type PanelJson } from '../../helpers/dashboard-file.ts';

const SUFFIX = /_(bucket|sum|count)$/;
/** Of prom-client itself. */
const DEFAULTS = ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'];

async function declared(): Promise<ReadonlySet<string>> {
  const none: readonly string[] = [];
  const all = [
    receivingMetrics([]),
    storeMetrics(),
    shadowMetrics(),
    pipelineMetrics({ sources: none, channels: none, stores: none, fixes: none, teams: none }),
  ];
  const metrics = await Promise.all(all.map(({ registry }) => registry.getMetricsAsJSON()));
  return new Set([...metrics.flat().map(({ name }) => name), ...DEFAULTS]);
}

/** What a text of PromQL, or a file of it, asks for. */
function metricsIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:tierbell|process|nodejs)_[a-z0-9_]+\b/g)].map(([name]) => name);
}

describe('the dashboard on escalation', () => {
  const dashboard = readDashboard();
  const { panels } = dashboard;
  const shown = panels.filter(({ type }) => type !== 'row');

  it('in git is what `npm run dashboards` makes', () => {
    expect(dashboardFile()).toBe(readFileSync(DASHBOARD_FILE, 'utf8'));
  });

  it('gives each panel an id and each query of a panel a letter of its own', () => {
    const ids = panels.map(({ id }) => id);
    expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true);
    expect(new Set(ids).size).toBe(panels.length);
    for (const { targets = [] } of shown) {
      expect(targets.length).toBeGreaterThan(0);
      expect(targets.map(({ refId }) => refId)).toEqual(targets.map((_one, index) => 'ABCDEFGH'[index]));
    }
  });

  it('stays within 24 columns, nothing lies over anything else, and each panel is half or full width', () => {
    const cells = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      expect([12, 24]).toContain(gridPos.w);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (const cell of cellsOf(gridPos)) {
        expect(`${cell} ${cells.get(cell) ?? 'free'}`).toBe(`${cell} free`);
        cells.set(cell, title);
      }
    }
  });

  it('leaves no hole: panels beside each other are equally high', () => {
    for (const { gridPos } of shown) {
      const beside = shown.filter((other) => other.gridPos.y === gridPos.y);
      expect(new Set(beside.map((other) => other.gridPos.h)).size).toBe(1);
    }
  });

  it('begins with what needs somebody and ends with the bridge itself', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect([rows[0], rows.at(-1)]).toEqual(['Now: what needs somebody', 'The bridge itself']);
    expect(panels[0]?.type).toBe('row');
  });

  it.each(shown.map((panel) => [panel.title, panel] as const))(
    '"%s" says what to do, in a unit, on the chosen data source',
    (_title, panel) => {
      expect(panel.description?.length).toBeGreaterThan(60);
      expect(panel.fieldConfig?.defaults.unit).toMatch(/^(s|short|reqps|bytes)$/);
      const source = { type: 'prometheus', uid: '${datasource}' };
      expect([panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource)]).toEqual(
        Array.from({ length: (panel.targets?.length ?? 0) + 1 }, () => source),
      );
    },
  );

  it('asks only for metrics that there are, of the chosen bridge only', async () => {
    const known = await declared();
    for (const { target } of queriesOf(dashboard)) {
      for (const name of metricsIn(target.expr))
        expect(known).toContain(known.has(name) ? name : name.replace(SUFFIX, ''));
      expect(target.expr.match(/\{[^}]*\}/g)?.every((labels) => labels.includes('job="$job"'))).toBe(true);
    }
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
    ]);
  });

  it('never adds up gauges of the store over replicas, which all tell the same', () => {
    const gauges =
      /(incidents_open|oldest_unacknowledged_timestamp_seconds|fixes_frozen|jobs_due|oldest_due_job_timestamp_seconds|dead_letters)\{/g;
    for (const { target } of queriesOf(dashboard)) {
      for (const { index } of target.expr.matchAll(gauges))
        expect(target.expr.slice(0, index)).toMatch(/max (by \([a-z, ]+\) )?\(tierbell_$/);
    }
  });

  it('the alert rules ask only for metrics that there are', async () => {
    const known = await declared();
    const text = readFileSync(new URL('tierbell-alerts.yaml', DASHBOARD_FILE), 'utf8');
    const names = metricsIn(text.replaceAll(/(name|alertmanager_\w+):? \S+/g, ''));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(known).toContain(known.has(name) ? name : name.replace(SUFFIX, ''));
  });
});

function cellsOf({ x, y, w, h }: PanelJson['gridPos']): readonly string[] {
  return Array.from({ length: w * h }, (_one, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`);
}
