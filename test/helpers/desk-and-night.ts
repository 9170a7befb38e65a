import type { Configuration } from './configuration.ts';

/** Level 2 at the desk, Level 3 at night, each behind a path of `url`; network trouble goes to Level 3 at once. */
export function deskAndNight(url: string): Required<Pick<Configuration, 'main' | 'policies'>> {
  return {
    main: {
      sources: [{ name: 'am', kind: 'alertmanager' }],
      channels: ['desk', 'night'].map((name) => ({ name, kind: 'webhook', url: `${url}/${name}` })),
      teams: [
        { name: 'level2', channels: ['desk'] },
        { name: 'level3', channels: ['night'] },
      ],
      fallback: { notify: ['night'] },
    },
    policies: [
      {
        name: 'default',
        steps: [
          { level: 2, notify: ['level2'], ack_timeout: '1h' },
          { level: 3, notify: ['level3'], ack_timeout: '1h' },
        ],
        immediately: [{ category: 'network-downtime', min_confidence: 0.1 }],
      },
    ],
  };
}
