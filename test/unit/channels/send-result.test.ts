import * as fc from 'fast-check';
import { failureOfStatus, parseRetryAfter } from '../../../src/channels/send-result.ts';
import { stableId } from '../../../src/channels/stable-id.ts';
import { webhookBody } from '../../../src/channels/webhook-body.ts';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import {
  sampleAlert,
  sampleAttempt,
  sampleEvidence,
  sampleIncident,
  sampleInput,
} from '../../helpers/sample-incident.ts';

describe('an HTTP answer', () => {
  it.each([
    [301, 'rejected', false],
    [400, 'rejected', false],
    [401, 'unauthorized', false],
    [403, 'unauthorized', false],
    [404, 'not_found', false],
    [408, 'timed_out', true],
    [410, 'rejected', false],
    [413, 'rejected', false],
    [418, 'rejected', false],
    [425, 'rate_limited', true],
    [429, 'rate_limited', true],
    [500, 'server_error', true],
    [502, 'server_error', true],
    [599, 'server_error', true],
  ] as const)('of %i is %s, to be tried again: %s', (status, reason, retryable) => {
    expect(failureOfStatus(status, '', null)).toMatchObject({ reason, retryable });
  });

  it('with Retry-After is heeded only where trying again makes sense', () => {
    expect(failureOfStatus(429, '', 5000).retryAfterMs).toBe(5000);
    expect(failureOfStatus(400, '', 5000).retryAfterMs).toBeUndefined();
  });

  it.each([
    ['120', 120_000],
    ['Mon, 05 Jan 2026 03:00:10 GMT', 10_000],
    ['Mon, 05 Jan 2026 02:00:00 GMT', 0],
    ['never', null],
    [undefined, null],
    [['1'], null],
  ])('may ask to wait "%s"', (header, expected) => {
    expect(parseRetryAfter(header, Date.UTC(2026, 0, 5, 3, 0, 0))).toBe(expected);
  });
});

describe('ids', () => {
  it('never become one another, and always fit', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        for (const place of ['header', 'mail'] as const) {
          expect(stableId(a, place)).toMatch(/^[A-Za-z0-9_:-]+$/);
          expect(stableId(a, place) === stableId(b, place)).toBe(a === b);
        }
      }),
    );
  });
});

describe('the body of a webhook', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.integer({ min: 0, max: 30_000 }).map((n) => '🔥é'.repeat(n / 2)),
  );

  it('is JSON under 20 kB for any incident, and the same for the same notice', () => {
    fc.assert(
      fc.property(
        text,
        fc.dictionary(text, text, { maxKeys: 60 }),
        fc.array(text, { maxLength: 60 }),
        (title, labels, texts) => {
          const evidence = sampleEvidence({
            lines: texts.map((one) => ({ at: null, level: one, service: one, text: one, count: 1 })),
            reason: title,
          });
          const attempts = texts
            .slice(0, 9)
            .map((output, index) => sampleAttempt({ id: `a${index}`, output, reasons: texts }));
          const incident = sampleIncident({
            title,
            labels,
            annotations: labels,
            evidence: [evidence, evidence],
            attempts,
          });
          const notice = wordNotice(
            sampleInput({
              incident,
              alerts: [sampleAlert({ labels }), sampleAlert({ annotations: labels })],
              purpose: 'escalation',
            }),
          );
          const body = webhookBody(notice);
          expect(Buffer.byteLength(body)).toBeLessThan(20_000);
          expect(JSON.parse(body)).toMatchObject({ type: 'incident.escalation', data: { incident: { id: 'INC-42' } } });
          expect(webhookBody(notice)).toBe(body);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps a label called __proto__ a label', () => {
    const labels = JSON.parse('{"__proto__": "x", "alertname": "A"}') as Record<string, string>;
    const body = webhookBody(wordNotice(sampleInput({ alerts: [sampleAlert({ labels })] })));
    expect(body).toContain('"__proto__":"x"');
  });
});
