import { request, type IncomingHttpHeaders } from 'node:http';

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Without a content-length, as proxies may send it. */
  readonly chunked?: boolean;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request as it stands: `fetch` would not send a Host of our choice, nor a body with GET. */
export function rawRequest(url: string, { method = 'GET', headers = {}, body, chunked }: RawRequest = {}) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const length = body === undefined || chunked === true ? {} : { 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method, agent: false, headers: { ...length, ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    asked.on('error', reject);
    asked.setTimeout(100_000, () => asked.destroy(new Error(`${method} ${url} was not answered within 100 s`)));
    if (body !== undefined) asked.write(body);
    asked.end();
  });
}
