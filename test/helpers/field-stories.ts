import type { Evidence } from '../../src/domain/incident.ts';
import type { ElasticsearchMajor } from '../servers/elasticsearch-build.ts';
import type { Elasticsearch } from '../servers/elasticsearch.ts';
import { at, ecs, FIRED, MINUTE, type StoreConfig } from './log-house.ts';

/** A server that these can be told to. */
type Server = Pick<Elasticsearch, 'url' | 'request' | 'index'>;

/** What lies in an index, and what must come of it. Each has an index, or several, of its own. */
export interface Story {
  readonly name: string;
  readonly index: string;
  readonly fill: (server: Server) => Promise<unknown>;
  readonly config?: StoreConfig;
  readonly labels?: Record<string, string>;
  readonly found: Partial<Record<keyof Evidence, unknown>>;
  readonly says?: RegExp;
  readonly majors?: readonly ElasticsearchMajor[];
}

const NO_HOST = { text: 'no such host', level: 'error', at: FIRED - 3 * MINUTE };
const complete = (scope: string, ...lines: object[]) => ({
  ...{ state: 'complete', scope, lines: lines.length === 0 ? [NO_HOST] : lines },
});
const keyword = { type: 'keyword' };
const mapped = (server: Server, index: string, properties: object, more: object = {}) =>
  server.request('PUT', `/${index}`, { mappings: { properties, ...more } });
/** A whole object as one field: each of the two calls it its own. */
async function flat(server: Server): Promise<object> {
  const { version } = await server.request<{ version: { distribution?: string } }>('GET', '/');
  return { type: version.distribution === 'opensearch' ? 'flat_object' : 'flattened' };
}
const plain = (more: object): object => ({ '@timestamp': at(-3), message: 'no such host', level: 'error', ...more });

/** How shippers write. */
const PROFILES: readonly Story[] = [
  {
    name: 'ECS, as Filebeat and Elastic Agent write it',
    index: 'ecs',
    fill: (server) => server.index('ecs', [{ ...ecs(-3, 'ERROR', 'no such host'), ecs: { version: '8.11' } }]),
    found: complete('service = checkout'),
  },
  {
    name: 'Fluent Bit with its kubernetes filter, the line itself JSON',
    index: 'fluentbit',
    fill: (server) =>
      server.index('fluentbit', [
        {
          ...{ '@timestamp': at(-3), log: '{"level":50,"msg":"no such host"}\n', stream: 'stderr' },
          kubernetes: {
            ...{ pod_name: 'checkout-0', namespace_name: 'shop', labels: { app: 'checkout' } },
            ...{ container_name: 'checkout', host: 'h1' },
          },
        },
      ]),
    labels: { pod: 'checkout-0' },
    found: complete('pod = checkout-0'),
  },
  {
    name: "OpenTelemetry, as the collector's exporter writes it",
    index: 'otel',
    fill: (server) =>
      server.index('otel', [
        {
          ...{ '@timestamp': at(-3), body: { text: 'no such host' }, severity_text: 'Error', severity_number: 17 },
          resource: { attributes: { 'service.name': 'checkout', 'host.name': 'h1' } },
        },
      ]),
    found: complete('service = checkout'),
  },
  {
    name: 'Logstash',
    index: 'logstash',
    fill: (server) =>
      server.index('logstash', [
        {
          '@timestamp': at(-3),
          '@version': '1',
          message: 'no such host',
          loglevel: 'ERR',
          host: 'h1',
          service: 'checkout',
        },
      ]),
    labels: { instance: 'h1.example.org:9100' },
    found: complete('host = h1'),
  },
  {
    name: 'containers by GELF: the level of syslog, and a name of the container alone',
    index: 'gelf',
    fill: (server) =>
      server.index('gelf', [
        { '@timestamp': at(-3), message: 'no such host', container_name: 'checkout', host: 'h1', level: 3 },
      ]),
    found: complete('service = checkout'),
  },
  {
    name: 'OpenTelemetry whose body is no text',
    index: 'otel-body',
    majors: [8, 9],
    async fill(server) {
      const properties = {
        '@timestamp': { type: 'date' },
        body: { properties: { structured: await flat(server) } },
      };
      await mapped(server, 'otel-body', properties);
      const resource = { attributes: { 'service.name': 'checkout' } };
      const body = { structured: { msg: 'no such host', code: 'ENOTFOUND' } };
      await server.index('otel-body', [{ '@timestamp': at(-3), body, severity_text: 'ERROR', resource }]);
    },
    found: complete('service = checkout'),
  },
  {
    name: 'a profile that is named rather than detected',
    index: 'named',
    fill: (server) =>
      server.index('named', [plain({ service: 'checkout', ecs: { version: '1' }, log: { level: 'info' } })]),
    config: { fields: 'logstash' },
    found: complete('service = checkout'),
  },
];

/** How indices lie, and what is wrong with some. */
const SHAPES: readonly Story[] = [
  {
    name: 'a data stream',
    index: 'logs-shop-default',
    majors: [8, 9], // in 7.17 they are part of x-pack, which is not on Maven Central
    async fill(server) {
      await server.request('PUT', '/_index_template/logs-shop', {
        ...{ index_patterns: ['logs-shop-*'], data_stream: {}, priority: 500 },
        template: {
          mappings: { properties: { '@timestamp': { type: 'date' }, service: { properties: { name: keyword } } } },
        },
      });
      await fetch(`${server.url}/logs-shop-default/_bulk?refresh=true`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: `{"create":{}}\n${JSON.stringify(ecs(-3, 'error', 'no such host'))}\n`,
      });
    },
    found: complete('service = checkout'),
  },
  {
    name: 'an alias',
    index: 'front',
    async fill(server) {
      await server.index('behind-1', [ecs(-3, 'error', 'no such host')]);
      await server.request('POST', '/_aliases', { actions: [{ add: { index: 'behind-1', alias: 'front' } }] });
    },
    found: complete('service = checkout'),
  },
  {
    name: 'a pattern over indices of two shippers',
    index: 'both-*',
    async fill(server) {
      await server.index('both-ecs', [ecs(-3, 'error', 'no such host')]);
      await server.index('both-logstash', [
        { '@timestamp': at(-2), '@version': '1', message: 'cache miss', level: 'WARN', app: 'checkout' },
      ]);
    },
    found: { state: 'complete', counts: { error: 1, warn: 1 } },
  },
  {
    name: 'a level that is a keyword here and a number there',
    index: 'levels-*',
    async fill(server) {
      await mapped(server, 'levels-a', { level: keyword, service: keyword });
      await mapped(server, 'levels-b', { level: { type: 'long' }, service: keyword });
      await server.index('levels-a', [plain({ service: 'checkout' })]);
      await server.index('levels-b', [plain({ service: 'checkout', level: 50, message: 'cache miss' })]);
    },
    found: { state: 'complete', counts: { error: 2 } },
  },
  {
    name: 'a level that is a number everywhere, as pino and bunyan write it',
    index: 'numbers',
    fill: (server) =>
      server.index('numbers', [
        plain({ service: 'checkout', level: 50 }),
        plain({ service: 'checkout', level: 30, message: 'order placed' }),
      ]),
    config: { budget: { documents: 1 } }, // errors are asked for apart
    found: { state: 'partial', lines: [NO_HOST] },
    says: /Of 2 records in the incident window about 1 /,
  },
  {
    name: 'a service that is a keyword here, and text with a keyword within there',
    index: 'inner-*',
    async fill(server) {
      await mapped(server, 'inner-a', {
        service: { properties: { name: keyword } },
        log: { properties: { level: keyword } },
      });
      await server.index('inner-a', [ecs(-3, 'error', 'no such host')]);
      await server.index('inner-b', [ecs(-2, 'error', 'cache miss'), ecs(-2, 'error', 'other', 'checkout api')]);
    },
    found: { state: 'complete', counts: { error: 2 }, lines: [{ text: 'cache miss' }, NO_HOST] },
  },
  {
    name: 'a service that is a keyword here and a number there: what could be asked, and what could not',
    index: 'services-*',
    async fill(server) {
      await mapped(server, 'services-a', { service: keyword });
      await mapped(server, 'services-b', { service: { type: 'long' } });
      await server.index('services-a', [plain({ service: 'checkout' })]);
      await server.index('services-b', [plain({ service: 7 })]);
    },
    found: { state: 'partial', lines: [NO_HOST] },
    says: /1 of 2 shards failed of services-b/,
  },
  {
    name: 'host as text here and as an object there',
    index: 'hosts-*',
    async fill(server) {
      await mapped(server, 'hosts-a', { host: keyword });
      await server.index('hosts-a', [plain({ host: 'h1' })]);
      await server.index('hosts-b', [plain({ host: { name: 'h1' }, message: 'cache miss' })]);
    },
    labels: { instance: 'h1:9100' },
    found: { state: 'complete', scope: 'host = h1', counts: { error: 2 } },
  },
  ...(['text', 'keyword'] as const).map((type) => ({
    name: `a message that is ${type}`,
    index: `message-${type}`,
    fill: async (server: Server) => {
      await mapped(server, `message-${type}`, { message: { type } });
      await server.index(`message-${type}`, [ecs(-3, 'error', 'no such host')]);
    },
    found: complete('service = checkout'),
  })),
  {
    name: 'an index without a field for the time beside one with',
    index: 'timed-*',
    async fill(server) {
      await server.index('timed-a', [ecs(-3, 'error', 'no such host')]);
      await server.index('timed-b', [{ message: 'cache miss', service: { name: 'checkout' } }]);
    },
    found: complete('service = checkout'),
  },
  {
    name: 'no field for the time at all',
    index: 'timeless',
    fill: (server) => server.index('timeless', [{ message: 'no such host', service: { name: 'checkout' } }]),
    found: { state: 'unavailable', lines: [] },
    says: /has no known field for a date.*name it, `fields: \{ time: … \}`/,
  },
  {
    name: 'dates in nanoseconds beside dates in milliseconds, in their order',
    index: 'nano-*',
    async fill(server) {
      await mapped(server, 'nano-a', { '@timestamp': { type: 'date_nanos' } });
      await server.index('nano-a', [
        ecs(-3, 'error', 'no such host', 'checkout', { '@timestamp': '2026-01-05T02:57:00.000456789Z' }),
      ]);
      await server.index('nano-b', [ecs(-2, 'error', 'cache miss')]);
    },
    found: { state: 'complete', lines: [{ text: 'cache miss' }, NO_HOST] },
  },
  {
    name: 'an index with 5,000 fields',
    index: 'wide',
    async fill(server) {
      const properties = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, keyword]));
      await server.request('PUT', '/wide', {
        settings: { 'index.mapping.total_fields.limit': 6_000 },
        mappings: { properties },
      });
      await server.index('wide', [ecs(-3, 'error', 'no such host')]);
    },
    found: complete('service = checkout'),
  },
  {
    name: 'labels that are kept as one field, flattened',
    index: 'flattened',
    majors: [8, 9], // as above
    async fill(server) {
      const properties = { '@timestamp': { type: 'date' }, log: { type: 'text' }, kubernetes: await flat(server) };
      await mapped(server, 'flattened', properties);
      const kubernetes = { pod_name: 'checkout-0', labels: { app: 'checkout' } };
      await server.index('flattened', [
        { '@timestamp': at(-3), log: 'ERROR no such host', kubernetes },
        { '@timestamp': at(-3), log: 'ERROR cache miss', kubernetes: { pod_name: 'cart-0', labels: { app: 'cart' } } },
      ]);
    },
    found: complete('service = checkout', { text: 'ERROR no such host', level: 'error' }),
  },
  {
    name: 'a time that is an alias of another field',
    index: 'aliased',
    async fill(server) {
      const properties = { when: { type: 'date' }, '@timestamp': { type: 'alias', path: 'when' } };
      await mapped(server, 'aliased', properties);
      await server.index('aliased', [{ when: at(-3), message: 'no such host', level: 'error', service: 'checkout' }]);
    },
    found: complete('service = checkout', { text: 'no such host', level: 'error' }),
  },
  {
    name: 'an index that is closed',
    index: 'closed',
    async fill(server) {
      await server.index('closed', [ecs(-3, 'error', 'no such host')]);
      await server.request('POST', '/closed/_close');
    },
    found: { state: 'unavailable', lines: [] },
    says: /is closed: open it .*, or name only open ones in `index`|has no index that fits "closed"/,
  },
  {
    name: 'an index that keeps no `_source`',
    index: 'sourceless',
    async fill(server) {
      const properties = { '@timestamp': { type: 'date' }, 'service.name': keyword, message: { type: 'text' } };
      await mapped(server, 'sourceless', properties, { _source: { enabled: false } });
      await server.index('sourceless', [ecs(-3, 'error', 'no such host')]);
    },
    found: { state: 'unavailable', lines: [] },
    says: /keeps no `_source`, so its lines cannot be read: enable/,
  },
  {
    name: 'an index that keeps no `_source` beside one that does',
    index: 'halfsource-*',
    async fill(server) {
      const properties = { '@timestamp': { type: 'date' }, 'service.name': keyword, message: { type: 'text' } };
      await mapped(server, 'halfsource-a', properties, { _source: { enabled: false } });
      await server.index('halfsource-a', [ecs(-2, 'error', 'cache miss')]);
      await server.index('halfsource-b', [ecs(-3, 'error', 'no such host')]);
    },
    found: { state: 'partial', lines: [NO_HOST] },
    says: /1 of 2 shards failed of halfsource-a|Some records came without their text/,
  },
];

export const STORIES: readonly Story[] = [...PROFILES, ...SHAPES];
