import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { SOURCE } from './panels.ts';
import { MACHINE_ROWS } from './rows-machine.ts';
import { PEOPLE_ROWS } from './rows-people.ts';

/** The dashboard on escalation: top-down what a manager asks, further below what an engineer does. */
export function escalationDashboard(): Dashboard {
  const builder = new DashboardBuilder('Tierbell: escalation')
    .uid('tierbell-escalation')
    .description('What is open, how fast people answer, what goes up a level and why, and how the bridge does.')
    .tags(['tierbell'])
    .time({ from: 'now-24h', to: 'now' })
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .annotations([])
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('job')
        .label('Bridge')
        .description('The scrape job of the bridge, where Prometheus scrapes several.')
        .datasource(SOURCE)
        .query({ query: 'label_values(tierbell_build_info, job)', refId: 'job' })
        .refresh(VariableRefresh.OnDashboardLoad),
    );
  for (const { title, panels } of [...PEOPLE_ROWS, ...MACHINE_ROWS]) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const dashboard = builder.build();
  for (const [index, panel] of (dashboard.panels ?? []).entries()) panel.id = index + 1; // the SDK sets none
  return dashboard;
}

/** As Grafana itself exports it. */
export function dashboardFile(): string {
  return `${JSON.stringify(escalationDashboard(), null, 2)}\n`;
}
