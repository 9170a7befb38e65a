import { evidenceSection } from '../../../src/console/incident-evidence.ts';
import { NOW, sampleEvidence, sampleIncident } from '../../helpers/sample-incident.ts';

const page = (evidence: ReturnType<typeof sampleEvidence>): string =>
  evidenceSection(sampleIncident({ evidence: [evidence] }), NOW)
    .text.replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ');

it('logs that no store has are told with their reason and a time, in whole sentences', () => {
  const reason = 'No log store serves these labels.';
  const text = page(sampleEvidence({ state: 'unavailable', reason, store: '', scope: '', windows: [], lines: [] }));
  expect(text).toContain(reason);
  expect(text).toMatch(/ Looked at [\d:]+ UTC\./);
});

it('logs that a store has name it', () => {
  expect(page(sampleEvidence())).toMatch(/From elk, service = checkout.*; collected [\d:]+ UTC\./);
});
