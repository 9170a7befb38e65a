/** Sends a request to a test server and gives the JSON that it answers. @throws on any status but 2xx, with the answer's text. */
export async function fetchJson<T>(url: string, init: RequestInit = {}): Promise<T> {
  return JSON.parse(await fetchText(url, init)) as T;
}

/** POST, with a JSON body where one is given. @throws as `fetchJson`. */
export async function post(url: string, body?: unknown): Promise<string> {
  return fetchText(url, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

async function fetchText(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(100_000), ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${url}: ${response.status} ${text.slice(0, 1_000)}`);
  return text;
}
