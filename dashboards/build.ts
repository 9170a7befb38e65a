import { writeFileSync } from 'node:fs';
import { dashboardFile } from './escalation.ts';

/** `npm run dashboards`: writes the dashboard that Grafana imports. A test compares it with what stands in git. */
writeFileSync(new URL('escalation.json', import.meta.url), dashboardFile());
