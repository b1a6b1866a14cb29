import { once } from "node:events";
import { SMTPServer, type SMTPServerAddress, type SMTPServerSession } from "smtp-server";

/** One mail that was taken. */
export interface ReceivedMail {
  readonly from: string;
  /** Everyone on the envelope: to and cc. */
  readonly recipients: readonly string[];
  /** Headers by lower-case name, unfolded and decoded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
}

/** An SMTP server on a free loopback port. */
export interface MailServer {
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** How many mails were put off with a temporary error. */
  readonly putOff: () => number;
  close(): Promise<void>;
}

/** Mail to this name is put off at its first try, as greylisting servers do with senders they do not know. */
const GREYLISTED = "slow@";

/** Starts a mail server that keeps what it gets in memory. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const known = new Set<string>();
  let putOff = 0;
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    onRcptTo({ address }, _session, callback) {
      if (!address.startsWith(GREYLISTED) || known.has(address)) return callback();
      known.add(address);
      putOff += 1;
      callback(Object.assign(new Error("Greylisted, try again later"), { responseCode: 451 }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", callback);
      stream.on("end", () => {
        mails.push(toMail(Buffer.concat(chunks).toString("utf8"), session));
        callback();
      });
    },
  });
  // A killed worker breaks its connection off; that is no reason to stop.
  server.on("error", () => undefined);
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("the mail server got no port");
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    putOff: () => putOff,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function toMail(raw: string, { envelope }: SMTPServerSession): ReceivedMail {
  const addressOf = ({ address }: SMTPServerAddress) => address;
  return {
    from: envelope.mailFrom === false ? "" : addressOf(envelope.mailFrom),
    recipients: envelope.rcptTo.map(addressOf),
    headers: parseHeaders(raw),
    raw,
  };
}

/** @see RFC 5322, 2.2: a line that starts with a blank continues the header before it */
function parseHeaders(raw: string): Record<string, string> {
  const [head = ""] = raw.split("\r\n\r\n");
  const lines = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())];
    }),
  );
}

/** @see RFC 2047: `=?UTF-8?Q?sch=C3=B6n?=`; the blank between two encoded words belongs to neither */
function decodeWords(text: string): string {
  return text
    .replaceAll(/(\?=)\s+(?==\?)/g, "$1")
    .replaceAll(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_whole, encoding: string, word: string) => {
      if (encoding.toUpperCase() === "B") return Buffer.from(word, "base64").toString("utf8");
      const bytes = word
        .replaceAll("_", " ")
        .replaceAll(/=([0-9A-F]{2})/gi, (_match, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
      return Buffer.from(bytes, "latin1").toString("utf8");
    });
}
