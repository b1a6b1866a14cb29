import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { answerNode } from "../../src/board/http/node-bridge.js";
import { serve } from "./board-kit.js";

const PART = new Uint8Array(64 * 1024);

/** Gives parts for as long as they are asked for. */
function endless() {
  const told = { parts: 0, isCancelled: false, isAborted: false };
  let over: () => void = () => undefined;
  const cancelled = new Promise<void>((resolve) => {
    over = resolve;
  });
  const handler = async (request: Request) => {
    request.signal.addEventListener("abort", () => {
      told.isAborted = true;
    });
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          told.parts += 1;
          controller.enqueue(PART);
        },
        cancel: () => {
          told.isCancelled = true;
          over();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  return { told, handler, cancelled };
}

describe("an answer that goes on", () => {
  it("waits for a reader that is slow, and ends when the reader has gone", async () => {
    const { told, handler, cancelled } = endless();
    await using server = await serve((incoming, outgoing) => void answerNode(handler, incoming, outgoing));
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "readable");
    let before = -1;
    // Whatever the kernel takes is full at some time.
    await expect
      .poll(() => {
        const isStill = told.parts === before;
        before = told.parts;
        return isStill;
      })
      .toBe(true);
    expect(told.parts * PART.byteLength).toBeLessThan(64 << 20);
    expect(told.isCancelled).toBe(false);
    socket.destroy();
    await cancelled;
    expect(told.isAborted).toBe(true);
  });

  it("is cut off when it fails on its way", async () => {
    const failing = async () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(PART),
          pull: () => {
            throw new Error("gone");
          },
        }),
      );
    await using server = await serve((incoming, outgoing) => void answerNode(failing, incoming, outgoing));
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });
});
