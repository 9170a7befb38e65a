import { z } from 'zod';
import { isRecord } from '../normalise.ts';
import { commonSettings, createCommon, defaultLabels } from '../settings.ts';
import { defineSource, type ShapeProblem } from '../source.ts';
import { checkPayload, parsePayload } from '../webhook-payload.ts';
import { addGrafanaFacts } from '../grafana-facts.ts';

/** Grafana Alerting's webhook, version "1"; the bodies are captured in test/fixtures/grafana. */
export const grafana = defineSource({
  kind: 'grafana',
  config: z.strictObject({ ...commonSettings, kind: z.literal('grafana') }),
  create(settings, context) {
    const labels = defaultLabels(settings);
    return {
      ...createCommon(settings, context),
      kind: 'grafana',
      paths: [''],
      check: (json) => checkLegacy(json) ?? checkPayload(json, "Grafana's"),
      parse: (json, receivedAt) => parsePayload(json, settings.name, { receivedAt, labels }, addGrafanaFacts),
    };
  },
});

/**
 * Legacy alerting (up to Grafana 8, gone since 11) names no alerts, only a rule whose series come and go in one list of
 * matches: an end of one series cannot be told from another's, so incidents would close on a guess.
 */
function checkLegacy(json: unknown): ShapeProblem | null {
  if (!isRecord(json) || json['alerts'] !== undefined) return null;
  const legacy = json['ruleId'] !== undefined || json['ruleName'] !== undefined || json['evalMatches'] !== undefined;
  if (!legacy) return null;
  return {
    field: 'alerts',
    problem:
      "is missing: this is Grafana's legacy alerting, which names no single alerts; switch that Grafana to unified alerting (from 8.3: `[unified_alerting] enabled = true`) and send through a webhook contact point",
  };
}
