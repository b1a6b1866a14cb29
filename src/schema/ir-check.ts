/** What a schema asks of a value beyond its type, in the intermediate representation. */

interface IrCheckBase {
  /** What the contract says when the check fails, in place of taskora's own words. */
  readonly message?: string;
  /** No later check runs once this one has failed. */
  readonly abort?: true;
}

export type IrCheck =
  | IrFormatCheck
  | IrLengthCheck
  | IrBoundCheck
  | IrTextCheck
  | IrNumberFormatCheck
  | IrOverwrite
  | IrOpaqueCheck;

/** A string format, checked by `pattern`, or by its algorithm where a pattern cannot say it. */
export interface IrFormatCheck extends IrCheckBase {
  readonly check: "format";
  readonly format: string;
  readonly pattern?: string;
  readonly flags?: string;
  /** `url`: patterns of host and protocol, and whether the value becomes the normalized address. */
  readonly hostname?: IrPattern;
  readonly protocol?: IrPattern;
  readonly normalize?: true;
  /** `jwt`: the required algorithm. */
  readonly alg?: string;
}

/** A regular expression as data. */
export interface IrPattern {
  readonly source: string;
  readonly flags?: string;
}

/** Length of a string in code points (in code units for zod before 4.6), or of an array. */
export interface IrLengthCheck extends IrCheckBase {
  readonly check: "min_length" | "max_length" | "length";
  readonly value: number;
  /** A zod before 4.6 counts UTF-16 units. */
  readonly units?: true;
}

export interface IrBoundCheck extends IrCheckBase {
  readonly check: "min" | "max" | "multiple_of";
  readonly value: number;
  readonly exclusive?: true;
}

export interface IrTextCheck extends IrCheckBase {
  readonly check: "includes" | "starts_with" | "ends_with";
  readonly text: string;
  readonly position?: number;
}

export interface IrNumberFormatCheck extends IrCheckBase {
  readonly check: "number_format";
  readonly format: "safeint" | "int32" | "uint32" | "float32" | "float64";
}

/** A change of the value that keeps its type. */
export interface IrOverwrite extends IrCheckBase {
  readonly check: "trim" | "to_lower_case" | "to_upper_case" | "slugify" | "normalize";
  readonly form?: string;
}

/** Code of the user. `changes`: it may also replace the value, so nothing is known about what follows. */
export interface IrOpaqueCheck extends IrCheckBase {
  readonly check: "opaque";
  readonly hash: string;
  readonly changes?: true;
}
