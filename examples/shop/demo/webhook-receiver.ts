import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { Subscriber } from "../producer/shop-day.js";
import { isSignedBody, SIGNATURE_HEADER } from "../worker/webhook-signature.js";

/** One request that came in, and what was answered. */
export interface ReceivedRequest {
  readonly path: string;
  /** The delivery id: the same in every attempt of a job. */
  readonly delivery: string;
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isSigned: boolean;
  readonly status: number;
}

/** Subscribers to the shop's events on a free loopback port. */
export interface WebhookReceiver {
  readonly subscribers: readonly Subscriber[];
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** Who subscribes to what. `failures`: how often each event is refused before it is taken. */
const SUBSCRIBERS: Readonly<
  Record<string, { readonly failures: number; readonly events: Subscriber["events"] }>
> = {
  "/accounting": { failures: 2, events: ["order.paid", "order.cancelled"] },
  "/warehouse": { failures: 1, events: ["order.paid", "order.shipped", "order.cancelled"] },
  "/old-crm": { failures: Number.POSITIVE_INFINITY, events: ["order.cancelled"] },
};
/** This one has unsubscribed. */
const GONE = "/old-crm";

/** Starts the receiver. It refuses unsigned requests, fails at first, and takes every event once. */
export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const requests: ReceivedRequest[] = [];
  const refusals = new Map<string, number>();
  const server = createServer((request, response) => {
    void receive(request, { secret, refusals }).then((received) => {
      requests.push(received);
      response.writeHead(received.status, { connection: "close" }).end(ANSWERS[received.status]);
    }, response.destroy.bind(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receiver got no port");
  return {
    subscribers: Object.entries(SUBSCRIBERS).map(([path, { events }]) => ({
      url: `http://127.0.0.1:${address.port}${path}`,
      events,
    })),
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ANSWERS: Readonly<Record<number, string>> = {
  204: "",
  401: "the signature is wrong",
  410: "no subscriber here any more",
  503: "down for maintenance",
};

interface ReceiverState {
  readonly secret: string;
  readonly refusals: Map<string, number>;
}

async function receive(request: IncomingMessage, state: ReceiverState): Promise<ReceivedRequest> {
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const path = request.url ?? "/";
  const isSigned = isSignedBody(headers[SIGNATURE_HEADER] ?? "", {
    body,
    secret: state.secret,
    now: Date.now(),
  });
  const delivery = headers["x-shop-delivery"] ?? "";
  const status = isSigned ? answer(path, delivery, state.refusals) : 401;
  return { path, delivery, attempt: Number(headers["x-shop-attempt"]), headers, body, isSigned, status };
}

function answer(path: string, delivery: string, refusals: Map<string, number>): number {
  if (path === GONE) return 410;
  const soFar = refusals.get(delivery) ?? 0;
  if (soFar >= (SUBSCRIBERS[path]?.failures ?? 0)) return 204;
  refusals.set(delivery, soFar + 1);
  return 503;
}
