/** Messages between the store of `taskora dev` and the programs it runs: each is its length in four bytes, then its value. */
import type { Socket } from "node:net";
import { deserialize, serialize } from "node:v8";

/** Asks the store, or ends what was asked. */
export type Request =
  | {
      readonly kind: "call";
      readonly id: number;
      /** `["claim"]`, `["contracts", "announce"]`. */
      readonly path: readonly string[];
      /** A listener or a signal is told by its place alone. */
      readonly args: readonly unknown[];
      readonly listener?: number;
      readonly signal?: readonly [argument: number, key: string];
    }
  | { readonly kind: "abort" | "stop"; readonly id: number };

/** What the store says. */
export type Answer =
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly code?: string; readonly message: string }
  /** Something a listener is told. */
  | { readonly kind: "told"; readonly id: number; readonly args: readonly unknown[] };

const HEAD_BYTES = 4;

/** Writes one message. */
export function send(socket: Pick<Socket, "write">, message: Request | Answer): void {
  const body = serialize(message);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(body.length);
  socket.write(Buffer.concat([head, body]));
}

/** Calls back with each message that comes, however the bytes are cut. */
export function onMessages<Message>(socket: Pick<Socket, "on">, take: (message: Message) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUInt32BE(0);
      if (rest.length < end) return;
      const body = rest.subarray(HEAD_BYTES, end);
      rest = rest.subarray(end);
      take(deserialize(body) as Message);
    }
  });
}
