import type { AddressInfo, Socket } from 'node:net';
import { simpleParser } from 'mailparser';
import type { AddressObject, ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { waitFor } from '../helpers/wait-for.ts';
import { stopLater } from './cleanup.ts';

export interface ReceivedMail {
  /** Addresses of the From header. */
  readonly from: readonly string[];
  /** Addresses of the To header. */
  readonly to: readonly string[];
  /** Addresses that the sender named to the server: what counts for delivery. */
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Lower-case names; the value as it stood, unfolded. The last one where a name comes twice. */
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: string;
    readonly content: Buffer;
  }[];
  /** The whole mail as it came. */
  readonly raw: Buffer;
}

/** Where in the conversation a trouble befalls the sender. */
export type SmtpStage = 'connect' | 'mail' | 'rcpt' | 'data';

/** An SMTP code of 400–599; `hang` never answers, `drop` cuts the connection. The stage is `data` where none is given. */
export interface SmtpTrouble {
  readonly answer: number | 'hang' | 'drop';
  readonly stage?: SmtpStage;
  readonly message?: string;
}

export interface SmtpOptions {
  /** Only this login may send. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Listen here and not on a free port, e.g. to come back after `stop`. */
  readonly port?: number;
}

export interface SmtpSink {
  /** `smtp://127.0.0.1:PORT`, with the login where one is asked for. */
  readonly url: string;
  readonly port: number;
  /** What was accepted. */
  readonly mails: readonly ReceivedMail[];
  /** What was answered with a trouble at stage `data`: not delivered. */
  readonly refused: readonly ReceivedMail[];
  /** How many mails met a trouble, at any stage. */
  troubles(): number;
  /** The next `count` mails meet this trouble (`Infinity`: all), in place of what was said before. */
  failNext(count: number, trouble: SmtpTrouble): void;
  /** The first accepted mail, past or to come, that fits. */
  waitForMail(fits: (mail: ReceivedMail) => boolean, options?: { readonly timeoutMs?: number }): Promise<ReceivedMail>;
  stop(): Promise<void>;
}

/** An SMTP server on a free port, without TLS, that keeps what it is sent and delivers nothing. */
export async function startSmtp(options: SmtpOptions = {}): Promise<SmtpSink> {
  const box = { mails: [] as ReceivedMail[], refused: [] as ReceivedMail[] };
  const sockets = new Set<Socket>();
  const plan = troublePlan(sockets);
  const server = new SMTPServer({
    authOptional: options.auth === undefined,
    disabledCommands: options.auth === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) => {
      const right = username === options.auth?.user && password === options.auth?.password;
      done(right ? null : smtpError(535, 'wrong user or password'), right ? { user: username } : undefined);
    },
    onConnect: (session, done) => plan.meet('connect', session, done),
    onMailFrom: (_address, session, done) => plan.meet('mail', session, done),
    onRcptTo: (_address, session, done) => plan.meet('rcpt', session, done),
    onData: (stream, session, done) => {
      void readMail(stream, session).then(
        (mail) => {
          const trouble = plan.meet('data', session, done, () => box.mails.push(mail));
          if (trouble) box.refused.push(mail);
        },
        (error: Error) => done(error),
      );
    },
  });
  server.on('error', () => undefined); // a client that hung up
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });
  const stop = async (): Promise<void> => {
    forget();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const forget = stopLater(stop);
  const { port } = server.server.address() as AddressInfo;
  const login =
    options.auth === undefined
      ? ''
      : `${encodeURIComponent(options.auth.user)}:${encodeURIComponent(options.auth.password)}@`;
  return {
    url: `smtp://${login}127.0.0.1:${port}`,
    port,
    ...box,
    troubles: plan.met,
    failNext: plan.set,
    waitForMail: (fits, waiting) =>
      waitFor(`a mail; came: ${subjects(box.mails)}`, () => box.mails.find(fits), waiting),
    stop,
  };
}

type Done = (error?: Error | null) => void;

/** Who meets which trouble next. `meet` answers the sender, and says whether it was with the trouble. */
function troublePlan(sockets: ReadonlySet<Socket>) {
  let left = 0;
  let met = 0;
  let trouble: SmtpTrouble = { answer: 451 };
  return {
    met: () => met,
    set: (count: number, next: SmtpTrouble): void => {
      left = count;
      trouble = next;
    },
    meet: (stage: SmtpStage, session: SMTPServerSession, done: Done, keep?: () => void): boolean => {
      if (left === 0 || stage !== (trouble.stage ?? 'data')) {
        keep?.();
        done();
        return false;
      }
      left -= 1;
      met += 1;
      if (trouble.answer === 'drop') {
        for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
      } else if (trouble.answer !== 'hang') {
        done(smtpError(trouble.answer, trouble.message ?? 'told to refuse this by the test'));
      }
      return true;
    },
  };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function readMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<ReceivedMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const mail = await simpleParser(raw);
  return {
    from: addresses(mail.from),
    to: addresses(mail.to),
    recipients: session.envelope.rcptTo.map(({ address }) => address),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html === false ? '' : mail.html,
    headers: headersOf(mail),
    attachments: mail.attachments.map(({ filename, contentType, content }) => ({
      filename: filename ?? '',
      contentType,
      content,
    })),
    raw,
  };
}

function addresses(header: AddressObject | AddressObject[] | undefined): string[] {
  return [header ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address ?? ''));
}

function headersOf(mail: ParsedMail): Record<string, string> {
  return Object.fromEntries(
    mail.headerLines.map(({ key, line }) => [
      key,
      line
        .slice(line.indexOf(':') + 1)
        .replaceAll(/\r?\n/g, '')
        .trim(),
    ]),
  );
}

function subjects(mails: readonly ReceivedMail[]): string {
  return mails.length === 0 ? 'none' : mails.map(({ subject, to }) => `"${subject}" to ${to.join(', ')}`).join('; ');
}
