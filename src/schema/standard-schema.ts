/**
 * The part of Standard Schema v1 that taskora uses, so that core needs no schema library.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** Beyond the standard: what taskora's own validators say beside it. */
  readonly kind?: string | undefined;
}

/** What a value must look like before the schema parses it. */
export type SchemaInput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer Input }
    ? Input
    : unknown
  : unknown;

/** What the schema makes of a value. */
export type SchemaOutput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly output: infer Output }
    ? Output
    : unknown
  : unknown;

/** {@link SchemaInput}, and `unknown` where there is no schema. */
export type OptionalSchemaInput<S> = [NonNullable<S>] extends [never] ? unknown : SchemaInput<NonNullable<S>>;

/** {@link SchemaOutput}, and `unknown` where there is no schema. */
export type OptionalSchemaOutput<S> = [NonNullable<S>] extends [never]
  ? unknown
  : SchemaOutput<NonNullable<S>>;
