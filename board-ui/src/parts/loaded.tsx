import type { ComponentChildren } from "preact";
import type { Resource } from "../core/resource.js";
import { Waiting } from "./empty.js";
import { ErrorBox } from "./error-box.js";

interface LoadedProps<T> {
  readonly resource: Resource<T>;
  /** What is read, for those who wait. */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** What was read; before it came that it is on its way; and what went wrong, beside what was read before that. */
export function Loaded<T>({ resource: { value, error, reload }, what, children }: LoadedProps<T>) {
  return (
    <>
      {error && <ErrorBox error={error} retry={reload} />}
      {value === undefined ? !error && <Waiting what={what} /> : children(value)}
    </>
  );
}
