import type { Attributes, Meter, Tracer } from "@opentelemetry/api";
import { aFunction, anObject, oneOf, trueOrFalse } from "../core/checks.js";
import { type Check, optionSet } from "../core/options.js";

/** A job that attributes are asked for. */
export interface InstrumentedJob {
  /** Name of its contract, with its lane. */
  readonly task: string;
  readonly id: string;
  /** Number of the run, from 1; 0: it is dispatched. */
  readonly attempt: number;
  /** What travels with it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How an app is instrumented. */
export interface InstrumentOptions {
  /**
   * How the trace of an attempt belongs to that of its dispatch. `"link"`: it is a trace of its own with a link, so that no
   * trace grows without end. `"parent"`: it continues the trace of its dispatch. `"auto"`: it does so when the job waited less than 10 s.
   * Default `"link"`.
   */
  readonly links?: "link" | "parent" | "auto" | undefined;
  /** Default: the global provider's, named `taskora`. */
  readonly tracer?: Tracer | undefined;
  /** Default: the global provider's, named `taskora`. */
  readonly meter?: Meter | undefined;
  /** Further attributes of a job's spans; what it throws is passed over. Default: none. Never put secrets or payloads there. */
  readonly attributes?: ((job: InstrumentedJob) => Attributes) | undefined;
  /** Whether the baggage of the caller travels with the job, up to 512 characters. Default false. */
  readonly baggage?: boolean | undefined;
}

/** Stops what {@link instrument} began. */
export interface Instrumentation {
  /** No job is told of any more, and nothing is observed. Spans that have begun end with their attempts. */
  stop(): void;
}

/** Reads {@link InstrumentOptions}. */
export const INSTRUMENT = optionSet({
  links: oneOf(["link", "parent", "auto"]),
  tracer: anObject as Check<Tracer>,
  meter: anObject as Check<Meter>,
  attributes: aFunction<(job: InstrumentedJob) => Attributes>(),
  baggage: trueOrFalse,
} satisfies { readonly [Key in keyof Required<InstrumentOptions>]: Check<unknown> });
