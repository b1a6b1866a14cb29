import { internalsOf } from "../app/app-internals.js";
import type { Taskora } from "../app/taskora.js";
import { VERSION } from "../app/version.js";
import { oneOf } from "../core/checks.js";
import { type Check, optionSet } from "../core/options.js";
import {
  FAMILIES,
  type Family,
  type FamilyKey,
  kindOf,
  type MetricsText,
  MODES,
  type Sample,
  wantsOpenMetrics,
  writeFamilies,
} from "./families.js";
import { ProcessCounts } from "./process-counts.js";
import { type PromRegistry, registered } from "./registry.js";
import { StoreCounts } from "./store-counts.js";

/** Whose numbers are exported. */
export interface MetricsOptions {
  /**
   * `"process"`: what this process does, from now on; scrape every process. `"store"`: the whole store, whoever works on it;
   * scrape one process. Default `"process"`.
   */
  readonly mode?: "process" | "store" | undefined;
}

/** The metrics of an app. */
export interface TaskoraMetrics {
  /**
   * The answer to a scrape.
   *
   * @param accept the header of this name: OpenMetrics is written when it is asked for
   */
  read(accept?: string): Promise<MetricsText>;
  /** Puts the metrics into a registry of prom-client, beside those of the application. */
  register(registry: PromRegistry): void;
  /** Counts no more. */
  stop(): void;
}

const OPTIONS = optionSet({ mode: oneOf(["process", "store"]) } satisfies {
  readonly [Key in keyof Required<MetricsOptions>]: Check<unknown>;
});

/**
 * Exports the metrics of an app for Prometheus.
 *
 * @throws {OptionError} on an unknown option ("did you mean")
 */
export function metrics(taskora: Taskora, options: MetricsOptions = {}): TaskoraMetrics {
  const { mode = "process" } = OPTIONS.read(options, "metrics()");
  const { listen, observed } = internalsOf(taskora);
  const counts = mode === "process" ? new ProcessCounts(observed) : new StoreCounts(observed);
  const stop = counts instanceof ProcessCounts ? listen(counts) : () => undefined;
  let reading: Promise<ReadonlyMap<FamilyKey, Family>> | undefined;
  /** Who asks while one is under way gets that one: a registry asks for each metric apart. */
  const families = () => {
    reading ??= counts
      .read()
      .then(familiesOf)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  return {
    async read(accept) {
      const found = await families();
      return writeFamilies([...found.values()], wantsOpenMetrics(accept));
    },
    register(registry) {
      for (const key of MODES[mode]) {
        const samples = async () => (await families()).get(key)?.samples ?? [];
        registry.registerMetric(registered(kindOf(key), samples));
      }
    },
    stop,
  };
}

function familiesOf(found: ReadonlyMap<FamilyKey, readonly Sample[]>): ReadonlyMap<FamilyKey, Family> {
  const build: Sample = { suffix: "", labels: { version: VERSION }, value: 1 };
  const keys = Object.keys(FAMILIES) as FamilyKey[];
  return new Map(
    keys.map((key) => [key, { ...kindOf(key), samples: key === "build" ? [build] : (found.get(key) ?? []) }]),
  );
}
