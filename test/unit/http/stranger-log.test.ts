import { createStrangerLog } from '../../../src/http/stranger-log.ts';

it('of the same source and status one line a minute is said, with how many were like it', () => {
  const said: string[] = [];
  let now = 1_000_000;
  const tell = createStrangerLog(
    (message) => said.push(message),
    () => now,
  );
  const stranger = { source: 'am', name: 'am', from: '10.0.0.9', status: 401, detail: 'No credentials.' };
  for (let n = 0; n < 500; n++) tell(stranger);
  tell({ ...stranger, status: 405 });
  tell({ ...stranger, source: 'grafana', name: 'grafana\n\u001b' });
  now += 59_999;
  tell(stranger);
  now += 1;
  tell(stranger);
  now -= 86_400_000; // the clock was set back: rather twice than never
  tell(stranger);
  expect(said).toEqual([
    'a request to /webhooks/am from 10.0.0.9 was refused, nothing of it is kept: 401 No credentials.',
    'a request to /webhooks/am from 10.0.0.9 was refused, nothing of it is kept: 405 No credentials.',
    'a request to /webhooks/grafana from 10.0.0.9 was refused, nothing of it is kept: 401 No credentials.',
    'a request to /webhooks/am from 10.0.0.9 was refused, nothing of it is kept: 401 No credentials. (and 500 like it since the last such line)',
    'a request to /webhooks/am from 10.0.0.9 was refused, nothing of it is kept: 401 No credentials.',
  ]);
});
