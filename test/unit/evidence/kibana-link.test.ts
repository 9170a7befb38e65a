import { discoverLink, rison } from '../../../src/evidence/kibana-link.ts';

describe('the link to Kibana', () => {
  it.each([
    [{ a: true, b: [1, null], c: 'x y' }, "(a:!t,b:!(1,!n),c:'x y')"],
    ["it's!", "'it!'s!!'"],
    ['', "''"],
    ['2026', "'2026'"],
    ['@timestamp', "'@timestamp'"],
    ['log.level', 'log.level'],
  ])('writes %j in Rison as %s', (value, expected) => {
    expect(rison(value)).toBe(expected);
  });

  it('opens the same window and search in the right space and data view', () => {
    const link = discoverLink({
      url: 'https://kibana:5601/',
      space: 'sre',
      dataView: 'logs',
      from: 0,
      to: 60_000,
      timeField: '@timestamp',
      columns: ['log.level', 'message'],
      fields: ['service.name', 'app'],
      value: 'check"out\\ \')&_a=()#',
    });
    expect(link.startsWith('https://kibana:5601/s/sre/app/discover#/?_g=(')).toBe(true);
    expect(link).not.toMatch(/[\s"<>']/);
    const [, general = '', app = ''] = /\?_g=(.*?)&_a=(.*)$/.exec(link) ?? [];
    expect(decodeURIComponent(general)).toContain(
      "time:(from:'1970-01-01T00:00:00.000Z',to:'1970-01-01T00:01:00.000Z')",
    );
    expect(decodeURIComponent(app)).toContain(
      `query:(language:kuery,query:'service.name : "check\\"out\\\\ !')&_a=()#" or app : "check\\"out\\\\ !')&_a=()#"')`,
    );
    expect(decodeURIComponent(app)).toContain('index:logs');
  });
});
