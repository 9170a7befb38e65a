import { unzipSync } from 'fflate';
import type { Service } from '../../../src/domain/service.ts';
import { noticeText } from '../../../src/channels/layout/notice-text.ts';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import { buildBundle } from '../../../src/handover/bundle.ts';
import type { OpenIncident, Situation } from '../../../src/incidents/situation.ts';
import { BEGAN, NOW, sampleAlert, sampleIncident, sampleInput, sampleTimeline } from '../../helpers/sample-incident.ts';

const service: Service = {
  ...{ name: 'checkout', team: 'shop', tier: 1, dependsOn: ['psp'], dependents: 2, skills: ['postgres'] },
  ...{ runbook: 'https://wiki.example.org/checkout', contacts: ['#shop-help', 'ada@example.org'], impactQuery: null },
};
const open = (number: number, name: string): OpenIncident => ({ number, service: name, team: '', startsAt: BEGAN });
const situation: Situation = {
  origin: open(3, 'psp'),
  incidents: [open(3, 'psp'), open(7, 'web'), open(42, 'checkout')],
};

describe('what the catalogue of services knows of an incident', () => {
  it('stands in the page: the service in one line with whom to ask, the situation in another, the runbook as a link', () => {
    const notice = wordNotice(sampleInput({ service, situation }));
    const text = noticeText(notice, []);
    expect(text).toContain(
      'checkout, tier 1, of team shop; 2 services need it; takes postgres; ask #shop-help, ada@example.org',
    );
    expect(text).toContain('part of a situation with INC-3, INC-7; likeliest origin: psp (INC-3)');
    expect(notice.links).toContainEqual({
      ...{ title: 'Runbook of checkout (wiki.example.org)', url: 'https://wiki.example.org/checkout', ours: false },
    });
    expect(notice.payload).toMatchObject({ situation: { origin: 'INC-3', incidents: ['INC-3', 'INC-7', 'INC-42'] } });
  });

  it('leaves nothing behind where the service is not in the catalogue', () => {
    const notice = wordNotice(sampleInput({ service: null, situation: null }));
    expect(notice.facts.map(([name]) => name)).not.toContain('Service');
    expect(JSON.stringify([notice.facts, notice.links])).not.toMatch(/Situation|Runbook of/);
    expect(notice.payload).toMatchObject({ situation: null });
  });

  it('stands on the first page of the handover bundle, with whom to ask', async () => {
    const { bytes } = await buildBundle({
      ...{ incident: sampleIncident({ level: '3' }), alerts: [sampleAlert()], timeline: sampleTimeline(), raw: [] },
      ...{ links: [], procedure: [], why: '', meetingUrl: null, now: NOW, service, situation },
    });
    const files = unzipSync(bytes);
    const text = (name: string): string => Buffer.from(files[name] ?? []).toString('utf8');
    expect(text('README.md')).toContain(
      '- **Service**: checkout, tier 1, of team shop; 2 services need it; takes postgres\n',
    );
    expect(text('README.md')).toContain('- **Runbook**: <https://wiki.example.org/checkout>\n');
    expect(text('README.md')).toContain('part of a situation with INC-3, INC-7; likeliest origin: psp (INC-3)');
    expect(text('README.md')).toMatch(/## Who to ask[^#]*- `#shop-help`, for checkout\n/s);
    expect(JSON.parse(text('incident.json'))).toMatchObject({ situation: { origin: 'INC-3' } });
  });
});
