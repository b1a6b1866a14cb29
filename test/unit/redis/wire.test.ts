import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import type { RedisClient } from "../../../src/redis/connection/client.js";
import { LinkLostError, ReplyError } from "../../../src/redis/connection/store-errors.js";
import { encodeCommand, Wire } from "../../../src/redis/connection/wire.js";
import { sharedRedis } from "../../support/redis-server.js";
import { startProxy } from "../../support/tcp-proxy.js";

const SILENCE_MS = 60_000;
const closing: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Opened {
  readonly wire: Wire;
  readonly lost: Promise<Wire>;
}

async function openWire(port: number, silenceMs = SILENCE_MS): Promise<Opened> {
  const client = new Redis({
    port,
    host: "127.0.0.1",
    protocol: 2,
    lazyConnect: true,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  client.on("error", () => undefined);
  await client.connect();
  let told: (wire: Wire) => void = () => undefined;
  const lost = new Promise<Wire>((resolve) => {
    told = resolve;
  });
  const wire = await Wire.takeOver(client as unknown as RedisClient, {
    silenceMs,
    onLost: (wire) => told(wire),
  });
  closing.push(() => wire.close());
  return { wire, lost };
}

/** A server that answers the handshake and then does as `answer` says. */
async function scriptedServer(answer: (socket: Socket, request: string) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      const request = bytes.toString();
      const isHandshake = /client|PING/i.test(request);
      if (!isHandshake) return answer(socket, request);
      socket.write("+OK\r\n".repeat(request.split("*").length - 1));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe("a command on the wire", () => {
  it("is text where its arguments are, with their length in bytes", () => {
    expect(encodeCommand("SET", ["k", "ü€"])).toBe("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nü€\r\n");
  });

  it("is pieces where an argument is bytes, which stay as they are", () => {
    const encoded = encodeCommand("SET", ["k", Buffer.from([0, 255]), "EX", Buffer.alloc(0)]);
    expect(encoded).toEqual([
      "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n",
      Buffer.from([0, 255]),
      "\r\n$2\r\nEX\r\n$0\r\n",
      Buffer.alloc(0),
      "\r\n",
    ]);
  });
});

describe("a wire", () => {
  it("gives each command its answer, refused ones too", async () => {
    const { wire } = await openWire((await sharedRedis()).port);
    const answers = await Promise.allSettled([
      wire.send("ECHO", ["one"]),
      wire.send("NO-SUCH-COMMAND", []),
      wire.send("ECHO", [Buffer.from([0, 13, 10])]),
    ]);
    expect(answers[0]).toEqual({ status: "fulfilled", value: Buffer.from("one") });
    expect(answers[1]).toMatchObject({ status: "rejected", reason: expect.any(ReplyError) });
    expect(answers[2]).toEqual({ status: "fulfilled", value: Buffer.from([0, 13, 10]) });
  });

  it("sends what belongs together in one packet", async () => {
    const requests: string[] = [];
    const port = await scriptedServer((socket, request) => {
      requests.push(request);
      socket.write("+OK\r\n".repeat(3));
    });
    const { wire } = await openWire(port);
    const answers = wire.inOneWrite(() => [
      wire.send("A", ["1"]),
      wire.inOneWrite(() => wire.send("B", [Buffer.from("2")])),
      wire.send("C", []),
    ]);
    expect(await Promise.all(answers)).toEqual(["OK", "OK", "OK"]);
    expect(requests).toEqual(["*2\r\n$1\r\nA\r\n$1\r\n1\r\n*2\r\n$1\r\nB\r\n$1\r\n2\r\n*1\r\n$1\r\nC\r\n"]);
  });

  it("keeps the order of large pieces and what stands around them", async () => {
    const { wire } = await openWire((await sharedRedis()).port);
    const sent = [
      "first",
      Buffer.alloc(100_000, 1),
      "é".repeat(50_000),
      Buffer.alloc(5000, 2),
      Buffer.alloc(9, 3),
    ];
    const answers = wire.inOneWrite(() => sent.map((each) => wire.send("ECHO", [each])));
    expect(await Promise.all(answers)).toEqual(sent.map((each) => Buffer.from(each as string)));
  });

  it("tells published messages apart from answers", async () => {
    const { port } = await sharedRedis();
    const [{ wire: listening }, { wire: other }] = [await openWire(port), await openWire(port)];
    const heard = new Promise((resolve) => {
      listening.onMessage = (channel, message) => resolve([String(channel), String(message)]);
    });
    expect(await listening.send("SUBSCRIBE", ["wire-test"])).toEqual([
      Buffer.from("subscribe"),
      Buffer.from("wire-test"),
      1,
    ]);
    await other.send("PUBLISH", ["wire-test", "news"]);
    expect(await heard).toEqual(["wire-test", "news"]);
    expect(await listening.send("UNSUBSCRIBE", ["wire-test"])).toHaveLength(3);
  });

  it("rejects everything under way when it is cut, and says so once", async () => {
    const proxy = await startProxy(await sharedRedis());
    closing.push(() => proxy.stop());
    const { wire, lost } = await openWire(proxy.port);
    const waiting = [wire.send("BLPOP", ["wire-nothing", "0"]), wire.send("ECHO", ["behind"])];
    proxy.cut();
    const ends = await Promise.allSettled(waiting);
    for (const end of ends)
      expect(end).toMatchObject({ status: "rejected", reason: expect.any(LinkLostError) });
    expect(await lost).toBe(wire);
    await expect(wire.send("ECHO", ["late"])).rejects.toBeInstanceOf(LinkLostError);
  });

  it("is lost when the store says what nobody can read", async () => {
    const { wire, lost } = await openWire(await scriptedServer((socket) => socket.write("nonsense\r\n")));
    await expect(wire.send("ECHO", ["x"])).rejects.toMatchObject({
      name: "LinkLostError",
      cause: expect.objectContaining({ message: expect.stringContaining("RESP 2") }),
    });
    expect(await lost).toBe(wire);
  });

  it("is lost when a command has no answer for too long", async () => {
    const { wire, lost } = await openWire(await scriptedServer(() => undefined), 100);
    await expect(wire.send("ECHO", ["x"])).rejects.toBeInstanceOf(LinkLostError);
    expect(await lost).toBe(wire);
  });

  it("cannot be made of a client whose connection is gone", async () => {
    const client = new Redis({
      port: (await sharedRedis()).port,
      lazyConnect: true,
      retryStrategy: () => null,
    });
    await client.connect();
    client.disconnect();
    const taken = Wire.takeOver(client as unknown as RedisClient, {
      silenceMs: SILENCE_MS,
      onLost: () => undefined,
    });
    await expect(taken).rejects.toThrow();
  });
});
