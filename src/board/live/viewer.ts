import type { Clock, TimerHandle } from "../../core/clock.js";

/** So much may stand ready for a reader; who does not take it misses changes. */
const READY_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 2000;

/** What a viewer is sent, each made once for all of them. */
export interface LiveEvent {
  /** Rises over all topics. */
  readonly number: number;
  readonly text: Uint8Array;
}

const encoder = new TextEncoder();

/** An event as the stream has it. */
export function eventText(
  kind: "snapshot" | "delta" | "gap" | "bye",
  { data, id }: { readonly data: unknown; readonly id?: string },
): Uint8Array {
  const head = id === undefined ? "" : `id: ${id}\n`;
  return encoder.encode(`${head}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** One open stream: it is written to while somebody reads, and says so when that was too slow. */
export class Viewer {
  readonly body: ReadableStream<Uint8Array>;
  readonly #clock: Clock;
  readonly #behind = new Set<string>();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #heartbeat: TimerHandle | undefined;
  #onGone: (() => void) | undefined;

  /** @param onGone called once, when the reader has gone or the stream was ended */
  constructor(clock: Clock, onGone: () => void) {
    this.#clock = clock;
    this.#onGone = onGone;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        },
        cancel: () => this.#gone(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: READY_BYTES }),
    );
    this.#beat();
  }

  /** Sends what changed, or, where the reader was too slow before, that it missed something and how it stands. */
  send(topic: string, event: LiveEvent, snapshot: () => Uint8Array): void {
    if (!this.#isReady) {
      this.#behind.add(topic);
      return;
    }
    const wasBehind = this.#behind.delete(topic);
    if (wasBehind) this.#write(eventText("gap", { data: { topic } }));
    this.#write(wasBehind ? snapshot() : event.text);
  }

  /** Sends something that nobody may miss: the first of a topic. */
  begin(text: Uint8Array): void {
    this.#write(text);
  }

  /** Ends the stream; the reader connects again by itself. */
  end(): void {
    this.#write(eventText("bye", { data: {} }));
    const controller = this.#controller;
    this.#gone();
    try {
      controller?.close();
    } catch {
      // The reader has gone meanwhile.
    }
  }

  /** The reader has gone. */
  leave(): void {
    const controller = this.#controller;
    this.#gone();
    try {
      controller?.close();
    } catch {
      // It was closed by the reader.
    }
  }

  get #isReady(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #write(text: Uint8Array): void {
    this.#controller?.enqueue(text);
  }

  #beat(): void {
    this.#heartbeat = this.#clock.schedule(HEARTBEAT_MS, () => {
      if (this.#isReady) this.#write(encoder.encode(": hb\n\n"));
      this.#beat();
    });
  }

  #gone(): void {
    this.#heartbeat?.cancel();
    this.#controller = undefined;
    const onGone = this.#onGone;
    this.#onGone = undefined;
    onGone?.();
  }
}
