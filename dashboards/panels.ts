import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DataSourceRef,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';

/** The data source that the reader chose at the top of the dashboard. */
export const SOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };
/** Of 24 columns: two panels beside each other from 768 px on, on a phone one below the other. */
const HALF = 12;

/** What a panel shows. `description` says in plain words what to do about it. */
export interface Spec {
  readonly title: string;
  readonly description: string;
  /** By legend (`Level {{level}}`). */
  readonly queries: Readonly<Record<string, string>>;
  /** Of Grafana: `s` seconds, `short` a count, `percentunit` 0–1, `bytes`. */
  readonly unit: string;
  /** Values at which it turns orange, then red. Without them nothing is judged. */
  readonly warn?: number;
  readonly alarm?: number;
  /** What a value is called, e.g. `{ 0: 'nobody waits' }`. */
  readonly words?: Readonly<Record<string, string>>;
  /** Where one series differs, by its legend. */
  readonly own?: Readonly<
    Record<string, { readonly unit?: string; readonly words?: Readonly<Record<string, string>> }>
  >;
  /** Whole numbers are shown as such unless this is set. */
  readonly fine?: boolean;
  readonly stacked?: boolean;
  /** A number beside a chart is as high as the chart. */
  readonly tall?: boolean;
}

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

/** One number for each series, large. */
export function stat(spec: Spec): Builder<Panel> {
  const panel = new Stat()
    .graphMode(BigValueGraphMode.None)
    .colorMode(spec.warn === undefined && spec.alarm === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .reduceOptions(last())
    .orientation(VizOrientation.Auto)
    .height(spec.tall === true ? 8 : 5);
  return dress(panel, spec, 'instant');
}

/** One bar for each series, as of now. */
export function bars(spec: Spec): Builder<Panel> {
  return dress(
    new BarGauge().orientation(VizOrientation.Horizontal).reduceOptions(last()).height(8).min(0),
    spec,
    'instant',
  );
}

/** Lines over time. */
export function lines(spec: Spec): Builder<Panel> {
  const panel = new TimeSeries()
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending).hideZeros(true))
    .lineWidth(1)
    .fillOpacity(spec.stacked === true ? 30 : 5)
    .axisSoftMin(0)
    .height(8);
  if (spec.stacked === true) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  return dress(panel, spec, 'range');
}

/** One row for each value of `by`, one column for each query, as of now. */
export function table(spec: Spec & { readonly by: string }): Builder<Panel> {
  const names = Object.keys(spec.queries);
  const columns = names.map((name, index) => [`Value #${refId(index)}`, name] as const);
  const renameByName = Object.fromEntries([[spec.by, capital(spec.by)], ...columns]);
  const panel = new Table()
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true }, indexByName: {}, renameByName } })
    .height(8);
  return dress(panel, spec, 'table');
}

type Any = Stat | BarGauge | TimeSeries | Table;

function dress(panel: Any, spec: Spec, how: 'instant' | 'range' | 'table'): Builder<Panel> {
  panel.title(spec.title).description(spec.description).datasource(SOURCE).unit(spec.unit);
  panel.span(HALF).thresholds(thresholds(spec));
  if (spec.unit === 'short' && spec.fine !== true) panel.decimals(0);
  if (spec.words !== undefined) panel.mappings([words(spec.words)]);
  for (const [legend, { unit, words: named }] of Object.entries(spec.own ?? {}))
    panel.overrideByName(legend, [
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(named === undefined ? [] : [{ id: 'mappings', value: [words(named)] }]),
    ]);
  for (const [index, [legend, expr]] of Object.entries(spec.queries).entries())
    panel.withTarget(target(refId(index), legend, expr, how));
  return panel;
}

function target(id: string, legend: string, expr: string, how: 'instant' | 'range' | 'table'): DataqueryBuilder {
  const query = new DataqueryBuilder().refId(id).datasource(SOURCE).expr(expr).legendFormat(legend);
  if (how === 'range') return query.range();
  return query.instant().format(how === 'table' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
}

function thresholds({ warn, alarm }: Spec): ThresholdsConfigBuilder {
  const steps = [
    { value: null, color: 'green' },
    ...(warn === undefined ? [] : [{ value: warn, color: 'orange' }]),
    ...(alarm === undefined ? [] : [{ value: alarm, color: 'red' }]),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function words(of: Readonly<Record<string, string>>): ValueMapping {
  const options = Object.entries(of).map(([value, text], index) => [value, { text, index }] as const);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

function last(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);
}

/** A, B, C …: Grafana tells the answers of a panel apart by them, and the SDK sets none. */
function refId(index: number): string {
  return String.fromCharCode(65 + index);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
