/** Any data, and none: `dispatch()` may be called without it. */
// biome-ignore lint/suspicious/noConfusingVoidType: a parameter that takes void may be left out, one that takes undefined may not
export type AnyData = NonNullable<unknown> | null | undefined | void;

/** What a client takes for an input: the same, and nothing at all where that may be undefined. */
export type ClientInput<Input> = unknown extends Input
  ? AnyData
  : undefined extends Input
    ? // biome-ignore lint/suspicious/noConfusingVoidType: as above
      Input | void
    : Input;
