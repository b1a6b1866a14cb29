import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Answers one command, in the bytes of RESP; `"close"` ends the connection instead, `"nothing"` leaves it waiting. */
export type Answer = (command: string, args: readonly string[]) => string;

/** A server that says what a test wants to be said. */
export interface ScriptedRedis {
  readonly host: string;
  readonly port: number;
  /** What was asked so far, in order. */
  readonly asked: readonly string[];
  /** Connections that are open now. */
  readonly open: number;
  /** Says something that nobody asked for to every connection. */
  say(bytes: string): void;
  /** From now on a new connection hears this before it asks anything. */
  greet(bytes: string): void;
  /** Ends all connections; new ones are accepted. */
  cut(): void;
  stop(): Promise<void>;
}

const INFO = "redis_version:7.0.0\r\nrole:master\r\n";

/** Answers as a server that may be used and holds nothing. */
export const usable: Answer = (command, args) => {
  switch (command) {
    case "INFO":
      return bulk(INFO);
    case "GET":
      return "$-1\r\n";
    case "SUBSCRIBE":
      return args.map((channel) => `*3\r\n${bulk("subscribe")}${bulk(channel)}:1\r\n`).join("");
    default:
      return "+OK\r\n";
  }
};

/** Text as the answer to a command. */
export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** A list of texts as the answer to a command. */
export function list(...texts: readonly string[]): string {
  return `*${texts.length}\r\n${texts.map(bulk).join("")}`;
}

/** Starts a server on a free loopback port that answers as `answer` says. */
export async function startScriptedRedis(answer: Answer): Promise<ScriptedRedis> {
  const open = new Set<Socket>();
  const asked: string[] = [];
  let greeting = "";
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((socket) => {
    open.add(socket);
    if (greeting !== "") socket.write(greeting);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
    socket.on("data", (bytes) => {
      for (const [command = "", ...args] of commandsIn(bytes.toString())) {
        asked.push(command.toUpperCase());
        const said = answer(command.toUpperCase(), args);
        if (said === "close") return void socket.destroy();
        if (said !== "nothing") socket.write(said);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    asked,
    get open() {
      return open.size;
    },
    say: (bytes) => {
      for (const socket of open) socket.write(bytes);
    },
    greet: (bytes) => {
      greeting = bytes;
    },
    cut,
    async stop() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

/** Commands of a request; tests send none that is split into two packets. */
function commandsIn(request: string): readonly (readonly string[])[] {
  return request
    .split(/^\*\d+\r\n/m)
    .slice(1)
    .map((command) => command.split("\r\n").filter((_, index) => index % 2 === 1));
}
