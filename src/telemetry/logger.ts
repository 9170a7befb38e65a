export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line per event on standard error. Fields must not hold secrets. */
export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'logfmt' | 'json';
}

/** A logger as Prometheus writes: `ts=… level=… msg=… key=value`, or the same as JSON. */
export function createLogger({ level, format }: LogOptions, write: (line: string) => void): Logger {
  const least = LOG_LEVELS.indexOf(level);
  const line = (at: LogLevel): LogLine => {
    if (LOG_LEVELS.indexOf(at) < least) return () => {};
    return (msg, fields = {}) => {
      const event = { ts: new Date().toISOString(), level: at, msg, ...fields };
      write(`${format === 'json' ? JSON.stringify(event) : logfmt(event)}\n`);
    };
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

function logfmt(event: Readonly<Record<string, unknown>>): string {
  return Object.entries(event)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${quote(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(' ');
}

function quote(text: string): string {
  return /^[^\s="\\]+$/.test(text) ? text : JSON.stringify(text);
}
