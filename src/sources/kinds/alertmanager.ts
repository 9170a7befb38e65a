import { z } from 'zod';
import { commonSettings, createCommon, defaultLabels } from '../settings.ts';
import { defineSource } from '../source.ts';
import { checkPayload, parsePayload } from '../webhook-payload.ts';

/** Alertmanager's webhook, version "4". */
export const alertmanager = defineSource({
  kind: 'alertmanager',
  config: z.strictObject({ ...commonSettings, kind: z.literal('alertmanager') }),
  create(settings, context) {
    const labels = defaultLabels(settings);
    return {
      ...createCommon(settings, context),
      kind: 'alertmanager',
      paths: [''],
      check: (json) => checkPayload(json, "Alertmanager's"),
      parse: (json, receivedAt) => parsePayload(json, settings.name, { receivedAt, labels }),
    };
  },
});
