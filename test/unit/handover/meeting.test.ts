import * as fc from 'fast-check';
import { meetingInvitation } from '../../../src/handover/meeting.ts';
import { NOW, UID, sampleIncident } from '../../helpers/sample-incident.ts';

/** A strict reader of the parts of RFC 5545 that an invitation uses; throws on the first thing that is not allowed. */
function readCalendar(text: string): Map<string, string> {
  if (!text.endsWith('\r\n') || /[^\r]\n|\r[^\n]/.test(text)) throw new Error('lines must end with CRLF');
  const physical = text.slice(0, -2).split('\r\n');
  for (const line of physical) {
    if (Buffer.byteLength(line) > 75) throw new Error(`a line of ${Buffer.byteLength(line)} octets`);
    if (/\ufffd/.test(Buffer.from(line).toString('utf8')) && !text.includes('\ufffd'))
      throw new Error('a character was cut in two');
    // eslint-disable-next-line no-control-regex -- RFC 5545 allows no control character but the tab
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) throw new Error('a control character');
  }
  const lines = text.slice(0, -2).replaceAll('\r\n ', '').split('\r\n');
  const stack: string[] = [];
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([A-Z-]+)(?:;[^:]*)?:(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not a content line: ${line}`);
    if (name === 'BEGIN') stack.push(value);
    else if (name === 'END' && stack.pop() !== value) throw new Error(`END:${value} closes nothing`);
    else if (name !== 'END') {
      if (found.has(name)) throw new Error(`${name} twice`);
      found.set(name, value);
    }
  }
  if (stack.length > 0) throw new Error('something is not closed');
  for (const name of ['VERSION', 'PRODID', 'UID', 'DTSTAMP', 'DTSTART'])
    if (!found.has(name)) throw new Error(`${name} is missing`);
  for (const name of ['DTSTAMP', 'DTSTART', 'DTEND'])
    if (!/^\d{8}T\d{6}Z$/.test(found.get(name) ?? '')) throw new Error(`${name} is no UTC time`);
  for (const name of ['SUMMARY', 'DESCRIPTION', 'LOCATION']) {
    if (/(?<!\\)(?:\\\\)*[;,]|\\(?![\\;,nN])/.test((found.get(name) ?? '').replace(/\\\\/g, '')))
      throw new Error(`${name} is not escaped`);
  }
  return found;
}

describe('the invitation to the handover meeting', () => {
  it('begins ten minutes after the bundle and lasts fifteen', () => {
    const found = readCalendar(meetingInvitation({ incident: sampleIncident(), n: 1, at: NOW, url: null }));
    expect(found.get('DTSTAMP')).toBe('20260105T031600Z');
    expect(found.get('DTSTART')).toBe('20260105T032600Z');
    expect(found.get('DTEND')).toBe('20260105T034100Z');
    expect(found.get('UID')).toBe(`${UID}-1@tierbell`);
    expect(found.has('URL')).toBe(false);
  });

  it('names the place where there is one, and never a place that is no web address', () => {
    const at = (url: string): Map<string, string> =>
      readCalendar(meetingInvitation({ incident: sampleIncident(), n: 2, at: NOW, url }));
    expect(at('https://meet.example.org/INC-42').get('URL')).toBe('https://meet.example.org/INC-42');
    expect(at('javascript:alert(1)').has('URL')).toBe(false);
    expect(at('https://meet.example.org/a b\r\nATTENDEE:mailto:x@example.org').has('ATTENDEE')).toBe(false);
  });

  it('holds for any title: nothing can add a line, and no character is cut in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 80 }), (title, uid) => {
        const found = readCalendar(
          meetingInvitation({ incident: sampleIncident({ title, uid }), n: 1, at: NOW, url: null }),
        );
        expect(found.get('SUMMARY')).toMatch(/^Handover INC-42/);
      }),
    );
    const nasty = 'a;b,c\\n\r\nATTENDEE:mailto:x@example.org\u2028日本語'.repeat(9);
    expect(
      readCalendar(meetingInvitation({ incident: sampleIncident({ title: nasty }), n: 1, at: NOW, url: null })).has(
        'ATTENDEE',
      ),
    ).toBe(false);
  });
});
