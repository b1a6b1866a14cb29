import type { Settlement, SettleStatus } from "taskora/adapter";
import { taskOf } from "./workflows.js";

/** What workers remember of the jobs they claimed: fences differ between stores, so each has its own. */
export class KnownClaims {
  readonly #claims = new Map<string, { readonly fence: number; readonly lease: string }>();
  /** Not settled yet. */
  readonly #open = new Set<string>();
  #crashes = 0;
  #overdues = 0;

  remember(lease: string, jobs: readonly { readonly id: string; readonly fence: number }[]): void {
    for (const { id, fence } of jobs) {
      this.#claims.set(id, { fence, lease });
      this.#open.add(id);
    }
  }

  /** The job that is named, or the nth of a task that a lease got and has not settled; each is given once. */
  named(id: string | number, by: { readonly lease: string; readonly task: string }): string {
    const held = [...this.#open].filter(
      (each) => this.#claims.get(each)?.lease === by.lease && taskOf(each) === by.task,
    );
    const named = typeof id === "string" ? id : (held[id % Math.max(1, held.length)] ?? "a");
    this.#open.delete(named);
    return named;
  }

  /** Claims of these jobs as a holder names them. */
  held(ids: readonly string[]): { readonly id: string; readonly fence: number }[] {
    return ids.map((id) => ({ id, fence: this.fence(id, false) }));
  }

  /** A claim as an annotation names it: the last of its job, an older one, or one with its fence under another lease. */
  noted(of: { readonly id: string; readonly isLate: boolean; readonly isForeign: boolean }): {
    readonly id: string;
    readonly fence: number;
    readonly lease: string;
  } {
    const lease = of.isForeign ? "zombie" : (this.#claims.get(of.id)?.lease ?? "nobody");
    return { id: of.id, fence: this.fence(of.id, of.isLate), lease };
  }

  /** The fence of the last claim of a job, or an older one. */
  fence(id: string, isLate: boolean): number {
    return Math.max(0, (this.#claims.get(id)?.fence ?? 0) - (isLate ? 1 : 0));
  }

  /** The lease of a worker that will die. */
  nextDoomed(): string {
    this.#crashes += 1;
    return `doomed-${this.#crashes}`;
  }

  /** The id of a job that will be overdue. */
  nextOverdue(): string {
    this.#overdues += 1;
    return `overdue-${this.#overdues}`;
  }
}

/** The port leaves open whether a claim that this batch has ended before is told as stale or as missing. */
export function comparable(
  settlements: readonly Settlement[],
  settled: readonly SettleStatus[] = [],
): readonly string[] {
  return settled.map((status, index) => {
    const isRepeated = settlements.slice(0, index).some(({ id }) => id === settlements[index]?.id);
    return isRepeated && (status === "stale" || status === "missing") ? "refused" : status;
  });
}
