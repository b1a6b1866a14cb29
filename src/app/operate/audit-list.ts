/** Changes by hand of every process over the store. */
import type { Adapter } from "../../core/adapter.js";
import { limitArguments } from "../../core/arguments.js";
import { integer, text } from "../../core/checks.js";
import type { AuditLine, KeptAuditLine } from "../../core/observe/audit-log.js";
import { optionSet } from "../../core/options.js";
import { observeStoreOf } from "../features.js";
import type { AuditEvent } from "./change.js";
import { type Listing, listing, pageOf } from "./page.js";

/** What was changed by hand, by whichever process, as the store keeps it. Its time is that of the store's clock. */
export type AuditEntry = Omit<AuditEvent, "type">;

/** Which entries are listed. */
export interface AuditListQuery {
  /** Of a page before. */
  readonly cursor?: string | undefined;
  /** Most entries of a page, 1 to 1 000. Default 100. */
  readonly limit?: number | undefined;
}

/**
 * Changes by hand that said `by` or `reason`, and every one of many jobs, a task or a worker, and every removal: the newest 10 000 are
 * kept. They are written soon after the change, and never delay it or make it fail: a process that dies in that moment leaves
 * its last changes out.
 */
export interface AuditList {
  /**
   * The newest first.
   *
   * @throws {TaskoraError} `NOT_SUPPORTED` when the adapter keeps nothing for operators
   */
  list(query?: AuditListQuery): Listing<AuditEntry>;
}

const LIST = optionSet({ cursor: text, limit: integer(1, 1000) });

/** Makes the audit list of an app. */
export function createAuditList(host: {
  readonly adapter: Adapter;
  /** What this process has not written yet. */
  readonly keeper: Pick<AuditKeeper, "idle">;
  connect(): Promise<void>;
}): AuditList {
  const list: AuditList = {
    list: (query = {}) => {
      const { cursor: first, limit = 100 } = LIST.read(query, "list()");
      const observe = observeStoreOf(host.adapter, "audit.list()");
      return listing(async (cursor) => {
        await host.connect();
        await host.keeper.idle();
        const page = await observe.audit({ limit, ...(cursor === undefined ? {} : { cursor }) });
        return pageOf(page.lines.map(entryOf), page.cursor);
      }, first);
    },
  };
  return limitArguments(list, "audit.", { throws: { list: 1 } });
}

function entryOf(line: KeptAuditLine): AuditEntry {
  return line as AuditEntry;
}

/** More than these wait for the store only when it is away: the oldest are given up then. */
const MOST_HELD = 1000;

/** Writes changes by hand into the store: at once when nothing is under way, and what comes meanwhile together after that. */
export class AuditKeeper {
  readonly #host: {
    readonly adapter: Adapter;
    isReady(): boolean;
    reportError(error: unknown): void;
  };
  #held: AuditLine[] = [];
  #sending: Promise<void> | undefined;

  /** @param host.isReady whether the store can be asked now: what comes before waits */
  constructor(host: {
    readonly adapter: Adapter;
    isReady(): boolean;
    reportError(error: unknown): void;
  }) {
    this.#host = host;
  }

  /** Takes a change that was made. Never fails, and waits for nothing. */
  note({ type: _type, at: _at, ...line }: AuditEvent): void {
    if (this.#host.adapter.observe === undefined || !isKept(line)) return;
    this.#held.push(line);
    if (this.#held.length > MOST_HELD) this.#held.shift();
    this.#pump();
  }

  /** Sends what waits, when the store can be asked. */
  #pump(): void {
    if (this.#sending !== undefined || this.#held.length === 0 || !this.#host.isReady()) return;
    const lines = this.#held;
    this.#held = [];
    // Begun in another microtask: changes that are told together go together.
    this.#sending = Promise.resolve()
      .then(() => this.#host.adapter.observe?.keepAudit([...lines, ...this.#takeHeld()]))
      .catch((error: unknown) => this.#host.reportError(error))
      .finally(() => {
        this.#sending = undefined;
        this.#pump();
      });
  }

  /** Resolves when everything that could be written is; what waited for a connection goes out as well. */
  async idle(): Promise<void> {
    this.#pump();
    while (this.#sending !== undefined) await this.#sending;
  }

  #takeHeld(): readonly AuditLine[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

/** A change that says who or why, or that is about more than one job or a worker, or cannot be undone. */
function isKept({ action, reason, by, count }: AuditLine): boolean {
  const isWide = count !== undefined || /^(task|worker)\.|\.remove$/.test(action);
  return isWide || reason !== undefined || by !== undefined;
}
