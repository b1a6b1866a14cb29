/**
 * The one language in which jobs are chosen: by the command line, by changes of many jobs, and by whatever shows jobs.
 *
 *     task:email.* state:failed error:"SMTP 421" data.total>100 age>10m -header.tenant:acme
 *
 * Every term has to hold. `-` turns one around, `|` stands between values of which one is enough.
 */
import type { JobState } from "../lifecycle.js";

/** How a value is compared. `:` is "is", or of an error "has in it". */
export type FilterOperator = ":" | ">" | ">=" | "<" | "<=";

/** Text as it stands between the stars of a pattern: one part is that very text. Never empty. */
export type FilterPattern = readonly string[];

/** A point in time, ms since the epoch, or so long ago. */
export type FilterInstant = { readonly at: number } | { readonly agoMs: number };

/** Fields that are compared with patterns; `word` is what stands without a field: of the id, or of the error. */
export const TEXT_FIELDS = ["task", "id", "group", "error", "code", "worker", "word"] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** Fields that are whole numbers. */
export const NUMBER_FIELDS = ["attempt", "priority", "version"] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];

/** Fields that are lengths of time: since it was dispatched, until its last start, and from that start on. */
export const LENGTH_FIELDS = ["age", "wait", "run"] as const;
export type LengthField = (typeof LENGTH_FIELDS)[number];

/** What one term asks. */
export type FilterCondition =
  | { readonly field: TextField; readonly patterns: readonly FilterPattern[] }
  | { readonly field: "state"; readonly states: readonly JobState[] }
  | { readonly field: "header"; readonly name: string; readonly patterns: readonly FilterPattern[] }
  | { readonly field: "data"; readonly path: readonly string[]; readonly patterns: readonly FilterPattern[] }
  | {
      readonly field: "data";
      readonly path: readonly string[];
      readonly operator: Exclude<FilterOperator, ":">;
      /** A number is compared with numbers, and with text that is one; text with text. */
      readonly value: number | string;
    }
  | { readonly field: NumberField; readonly operator: FilterOperator; readonly value: number }
  | {
      readonly field: LengthField;
      readonly operator: Exclude<FilterOperator, ":">;
      /** In ms. */
      readonly value: number;
    }
  | {
      readonly field: "finished";
      readonly operator: Exclude<FilterOperator, ":">;
      readonly value: FilterInstant;
    };

/** One condition, or its opposite. */
export type FilterTerm = FilterCondition & { readonly isNegated: boolean };

/** What a filter says; without a term it says yes to every job. */
export interface ParsedFilter {
  readonly terms: readonly FilterTerm[];
}
