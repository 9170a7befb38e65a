import { checkConfig, type CheckConfigOptions } from '../../src/cli/check-config.ts';

async function run(options: Partial<CheckConfigOptions>) {
  const out: string[] = [];
  const err: string[] = [];
  const status = await checkConfig({
    file: 'rules/tierbell.yaml',
    online: false,
    env: {},
    write: (line) => out.push(line),
    writeError: (line) => err.push(line),
    ...options,
  });
  return { status, out, err };
}

describe('tierbell check-config', () => {
  it('says what it found in the shipped rules', async () => {
    const { status, out, err } = await run({});
    expect([status, err]).toEqual([0, []]);
    expect(out).toEqual([
      expect.stringMatching(
        /^rules\/tierbell\.yaml: ok \(2 sources, 1 metrics source, 1 executor, 2 channels, 2 teams, \d+ category rules, 1 known fix, 1 escalation policy, \d+ procedures\)$/,
      ),
    ]);
  });

  it('puts every problem on standard error and nothing on standard output', async () => {
    const { status, out, err } = await run({ file: 'test/fixtures/config/documented/tierbell.yaml' });
    expect([status, out]).toEqual([1, []]);
    expect(err.length).toBeGreaterThan(20);
  });

  it('tells of secret files that are missing', async () => {
    const { status, err } = await run({ file: 'test/fixtures/config/built/tierbell.yaml' });
    expect(status).toBe(1);
    expect(err).toEqual([
      'test/fixtures/config/built/tierbell.yaml:6:34: sources[0].auth.bearer_token_files[0]: no such file, found `/etc/tierbell/am.token`; create it, and let the account that runs Tierbell read it',
      expect.stringContaining('logs[0].auth.api_key_file: no such file'),
      expect.stringContaining('logs[0].tls_config.ca_file: no such file'),
    ]);
  });

  it('--online reports each thing that was reached and fails where one was not', async () => {
    const probe = () =>
      Promise.resolve([
        { name: 'l2-mail', ok: true, detail: 'greeted by mail.example.org' },
        { name: 'prometheus', ok: false, detail: 'nobody listens' },
      ]);
    const { status, out, err } = await run({ online: true, probe });
    expect(status).toBe(1);
    expect(out.slice(1)).toEqual(['l2-mail: ok: greeted by mail.example.org']);
    expect(err).toEqual(['prometheus: failed: nobody listens']);
  });

  it('--online without anything to reach with is refused, not passed', async () => {
    expect(await run({ online: true })).toEqual({
      status: 2,
      out: [],
      err: [expect.stringContaining('not built yet')],
    });
  });
});
