import type { Adapter } from "../../core/adapter.js";
import { declinedBy } from "../../core/features.js";
import type { ConformanceCase, ConformanceKit } from "./kit.js";

/** What a test runner registers a test with: `it` of Vitest and Jest, `it` or `test` of `node:test`. */
export interface TestRegistrar {
  (name: string, run: () => Promise<void>): unknown;
  /** Registers a test that is told as skipped. */
  readonly skip: (name: string, run: () => Promise<void>) => unknown;
}

/** What {@link registerConformance} is given. */
export interface ConformanceOptions {
  /** An adapter of the kind that is tested, never connected: it says what it declines. */
  readonly adapter: Pick<Adapter, "name" | "features" | "workflows" | "schedules" | "contracts" | "observe">;
  /** A new kit over an empty store, for every case that runs. */
  readonly kit: () => ConformanceKit | Promise<ConformanceKit>;
  /** Registers one test. */
  readonly it: TestRegistrar;
  /** Where one line says what is skipped. Default: the console. */
  readonly print?: ((line: string) => void) | undefined;
}

/** Registers `cases` for an adapter; those that need what it declines are registered as skipped, and counted in one line. */
export function registerCases(cases: readonly ConformanceCase[], options: ConformanceOptions): void {
  const { adapter, kit, it, print = (line) => console.info(line) } = options;
  const declined = declinedBy(adapter);
  let skipped = 0;
  for (const { name, needs, run } of cases) {
    const lacking = needs.filter((feature) => declined.includes(feature));
    const test = async () => run(await kit());
    if (lacking.length === 0) it(name, test);
    else it.skip(`${name} (needs ${lacking.join(", ")})`, test);
    skipped += lacking.length === 0 ? 0 : 1;
  }
  if (skipped === 0) return;
  print(
    `The ${adapter.name} adapter declines ${declined.join(", ")}: ` +
      `${skipped} of ${cases.length} conformance cases are skipped.`,
  );
}
