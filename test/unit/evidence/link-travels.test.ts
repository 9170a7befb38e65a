import { unzipSync } from 'fflate';
import { outsideLinks } from '../../../src/channels/messages/links.ts';
import { evidenceSection } from '../../../src/console/incident-evidence.ts';
import { discoverLink } from '../../../src/evidence/kibana-link.ts';
import { buildBundle } from '../../../src/handover/bundle.ts';
import { NOW, sampleEvidence, sampleIncident, sampleTimeline } from '../../helpers/sample-incident.ts';

const LINK = discoverLink({
  ...{ url: 'https://kibana.example.org:5601', space: 'sre', dataView: 'logs-*', from: 0, to: 60_000 },
  ...{ timeField: '@timestamp', columns: ['log.level', 'message'], fields: ['service.name'], value: 'check_out*' },
  others: Array.from({ length: 10 }, (_, index) => ({
    field: 'trace.id',
    value: `4bf92f3577b34da6a3ce929d0e0e47${index}`,
  })),
});
const incident = sampleIncident({ evidence: [sampleEvidence({ url: LINK })] });

describe('the link to the same lines in their store', () => {
  it('stands in messages as it is, named with its host', () => {
    expect(outsideLinks(incident)).toContainEqual({
      title: 'The same logs in their store (kibana.example.org:5601)',
      url: LINK,
      ours: false,
    });
  });

  it('opens from the page of the incident', () => {
    const page = evidenceSection(incident, NOW).text;
    const [, href = ''] = /<a href="([^"]+)"[^>]*>Open these lines in the log store/.exec(page) ?? [];
    expect(href.replaceAll('&#38;', '&')).toBe(LINK);
  });

  it('stands in the bundle, to be opened from the excerpt and read from the query', async () => {
    const bundle = await buildBundle({
      ...{ incident, alerts: [], timeline: sampleTimeline(), raw: [], links: [], procedure: [], why: '' },
      ...{ meetingUrl: null, now: NOW },
    });
    const files = unzipSync(bundle.bytes);
    const textOf = (name: string): string => Buffer.from(files[name] ?? []).toString('utf8');
    expect(JSON.parse(textOf('logs/query.json'))).toMatchObject([{ url: LINK }]);
    expect(textOf('logs/excerpt.md')).toContain(`The same lines in their store: <${LINK}>\n`);
  });
});
