/** What the store says about itself, over a connection that takes no other part. */
import { Redis } from "ioredis";
import type { StoreStats } from "./stores.js";

/** Sections of `INFO` that are read here. */
export type InfoSection = "cpu" | "memory" | "stats" | "server" | "commandstats";

export class RedisStats implements StoreStats {
  readonly #client: Redis;

  constructor(redisUrl: string) {
    this.#client = new Redis(redisUrl);
  }

  /** CPU the server has used, in µs. */
  async cpuMicros(): Promise<number> {
    const info = await this.info("cpu");
    return (Number(info.get("used_cpu_user")) + Number(info.get("used_cpu_sys"))) * 1e6;
  }

  /** Makes what the server counts per command begin again; CPU and memory are not touched. */
  resetCounters(): void {
    for (const [command, what] of [
      ["CONFIG", "RESETSTAT"],
      ["SLOWLOG", "RESET"],
    ] as const) {
      this.#client.call(command, what).catch((error: unknown) => console.error(error));
    }
  }

  /** Bytes allocated now, once two readings in a row agree. */
  async settledMemory(): Promise<number> {
    let before = -1;
    for (let reading = 0; reading < 50; reading++) {
      const now = Number((await this.info("memory")).get("used_memory"));
      if (Math.abs(now - before) < 1024) return now;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return before;
  }

  /** Connections beside this one. */
  async otherConnections(): Promise<number> {
    const list = String(await this.#client.client("LIST"));
    return list.trim().split("\n").length - 1;
  }

  /** Commands executed so far, those inside scripts included. */
  async commands(): Promise<number> {
    return Number((await this.info("stats")).get("total_commands_processed"));
  }

  /** Commands that clients send during `windowMs`, those inside scripts not included. */
  async watchCommands(windowMs: number): Promise<number> {
    const monitor = await this.#client.monitor();
    let count = 0;
    monitor.on("monitor", (_time: string, _args: string[], source: string) => {
      if (source !== "lua") count += 1;
    });
    await new Promise((resolve) => setTimeout(resolve, windowMs));
    monitor.disconnect();
    return count;
  }

  async info(section: InfoSection): Promise<ReadonlyMap<string, string>> {
    const text = await this.#client.info(section);
    return new Map(text.split("\r\n").flatMap(entryOf));
  }

  /** Any other command. */
  async call(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.#client.call(command, ...args);
  }

  close(): void {
    this.#client.disconnect();
  }
}

function entryOf(line: string): [string, string][] {
  const colon = line.indexOf(":");
  return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
}
