import { readFileSync } from 'node:fs';

/** A panel of a dashboard as its JSON file has it, as far as the tests look. */
export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetJson[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

export interface TargetJson {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

export interface DashboardJson {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

export const DASHBOARD_FILE = new URL('../../dashboards/escalation.json', import.meta.url);

export function readDashboard(): DashboardJson {
  return JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8')) as DashboardJson;
}

/** Every query with the panel that it stands in; rows hold none. */
export function queriesOf({
  panels,
}: DashboardJson): readonly { readonly panel: PanelJson; readonly target: TargetJson }[] {
  return panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));
}
