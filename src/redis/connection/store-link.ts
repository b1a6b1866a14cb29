/** What verbs send their calls over: one connection to a server, or a cluster's. */
import type { CommandSender } from "./client.js";
import type { Answer } from "./wire.js";

/** A command with its arguments. */
export type ServerCommand = readonly [command: string, ...args: string[]];

/** As {@link CommandSender.send} takes it. */
export type StoreCommand = readonly [command: string, args: readonly (string | Buffer)[]];

/** What one server answered. */
export interface ServerReply {
  /** Of several. */
  readonly address?: string | undefined;
  /** One for each command. */
  readonly answers: readonly unknown[];
}

/** A way to the store. It opens when it is first needed, and again when it was lost and somebody needs it. */
export interface StoreLink extends CommandSender {
  /** The address, for messages. */
  readonly where: string;
  /** What is open now; undefined: nothing can be sent. */
  readonly wire: CommandSender | undefined;
  /** As {@link send}; the answer is told in the moment it is read, where this is one connection. */
  ask(command: string, args: readonly (string | Buffer)[], answer: Answer): void;
  /**
   * Resolves when it is open.
   *
   * @param deadlineAt by `performance.now()`
   * @throws {TaskoraError} `STORE_UNAVAILABLE` when it is not by `deadlineAt`, `STORE_AUTH` and the like at once
   */
  ready(deadlineAt: number): Promise<CommandSender>;
  /**
   * Carries out commands over the open connection in this order, all of them together or none, and gives what the last one answered.
   * Undefined: there is no such way.
   *
   * @throws {ReplyError} the last that was refused
   */
  readonly atomically?: (commands: readonly StoreCommand[]) => Promise<unknown>;
  /** Runs `write` so that all it sends goes out in one packet, where there is one way for all of it. */
  inOneWrite<T>(write: () => T): T;
  /** The roots in groups, each of which one script can be passed. */
  together(roots: readonly string[]): readonly (readonly string[])[];
  /** Asks each server that has jobs for commands without keys, over the open connections. */
  askServers(commands: readonly ServerCommand[]): Promise<readonly ServerReply[]>;
  /** The store has changed its shape, or says nothing: look for a better way. */
  drop(): void;
  /** Closes it for good, at once. */
  close(): void;
}
