import type { Evidence } from '../../src/domain/incident.ts';
import { failure, success } from '../../src/domain/result.ts';
import { describeChanges } from '../../src/evidence/beyond/changes.ts';
import { describeExpression, questionOf } from '../../src/evidence/beyond/expression.ts';
import { describeProvider } from '../../src/evidence/beyond/provider-status.ts';
import { describeRelated } from '../../src/evidence/beyond/related.ts';
import { describeSimilar } from '../../src/evidence/beyond/similar.ts';
import { sampleIncident } from './sample-incident.ts';

const MINUTE = 60_000;

/** Evidence of every kind beside the logs, as the bridge itself words it. @param said what stands in every foreign text */
export function aroundSamples(at: number, said = ''): readonly Evidence[] {
  const piece = (id: string) => ({ id: `${id}-${said.length}`, now: at + 5_000 });
  const service = 'checkout';
  return [
    describeChanges(
      { labels: { service }, environment: 'prod', places: ['shop-1'], startsAt: at, from: at - 120 * MINUTE },
      [
        {
          ...{ key: 'a', at: at - 6 * MINUTE, kind: 'deployment', title: said, service, host: '', environment: 'prod' },
          ...{ version: '4.2.1', by: `ada${said}`, url: 'https://ci.example.org/runs/7', state: 'done' },
        },
        {
          ...{
            key: 'b',
            at: at - 71 * MINUTE,
            kind: 'configuration',
            title: `Pool of 20 connections ${said}`,
            service,
          },
          ...{ host: '', environment: 'prod', version: '', by: 'ben', url: '', state: 'failed' },
        },
      ],
      piece('change'),
    ),
    expression(at, said, piece('metric')),
    describeProvider(
      { name: 'cloudflare', page: 'https://www.cloudflarestatus.com/' },
      at,
      success({
        summary: 'Minor outage',
        troubles: [{ at: at - 12 * MINUTE, text: `DNS fails (major)${said}`, url: '' }],
      }),
      piece('provider-1'),
    ),
    describeProvider(
      { name: 'psp', page: 'https://status.psp.example' },
      at,
      failure('timed_out', 'psp (status.psp.example): no answer within the time allowed'),
      piece('provider-2'),
    ),
    related(at, said, piece('related')),
    similar(at, said, piece('similar')),
  ].filter((one) => one !== null);
}

function expression(at: number, said: string, piece: { id: string; now: number }): Evidence {
  const asked = {
    ...{ expression: 'sum by (instance) (rate(http_errors_total{service="checkout"}[5m])) > 0.05', startsAt: at },
    ...{
      labels: { instance: 'shop-1' },
      generatorURL: 'https://prometheus.example.org/graph?g0.expr=x',
      store: 'prom',
    },
  };
  const question = questionOf(asked, piece.now);
  const points = (high: number) =>
    Array.from({ length: 60 }, (_, index) => {
      const when = question.from + index * question.stepMs;
      return [when, when < at - 4 * MINUTE ? 0.02 + (index % 3) / 500 : high + (index % 4) / 50] as const;
    });
  const series = [
    { labels: { instance: 'shop-1' }, points: points(0.24) },
    { labels: { instance: `shop-2${said}` }, points: points(0.03) },
  ];
  return describeExpression(asked, question, success({ series, warnings: [] }), piece);
}

function related(at: number, said: string, piece: { id: string; now: number }): Evidence | null {
  const facts = { uid: 'x', places: ['shop-1'], service: 'checkout', startsAt: at, from: at - 30 * MINUTE, to: at };
  const other = {
    ...{ incident: 'y', number: 2, title: `DiskFull: 97 % on shop-1 ${said}`, team: 'shop', service: 'checkout' },
    ...{ place: 'shop-1', severity: 'warning', status: 'firing', state: 'acknowledged', name: 'DiskFull' },
  };
  return describeRelated(facts, [{ ...other, startsAt: at - 3 * MINUTE }], piece);
}

function similar(at: number, said: string, piece: { id: string; now: number }): Evidence | null {
  const incident = sampleIncident({
    ...{ number: 1, title: `CheckoutErrors: 9 % of requests fail ${said}`, createdAt: at - 12 * 86_400_000 },
    ...{ resolvedAt: at - 12 * 86_400_000 + 25 * MINUTE, resolvedBy: 'ada', resolvedHow: 'person' },
  });
  return describeSimilar([{ incident, reason: 'rolled 4.1.0 back', note: `The pool was too small ${said}` }], piece);
}
