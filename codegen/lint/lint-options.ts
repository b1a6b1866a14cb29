/** A rule by the name it has in the config. */
export type LintRule = "strict-object" | "catch" | "loose-object" | "coerce" | "any";

/** `"error"` fails `taskora check`, `"warning"` is shown only. */
export type LintSeverity = "error" | "warning" | "off";

/** Rules that differ from their default: `"error"` for `strict-object` and `catch`, `"warning"` for the others. */
export type LintOptions = Readonly<Partial<Record<LintRule, LintSeverity>>>;
