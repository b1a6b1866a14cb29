/**
 * The tasks whose names complete wherever one is written: name → `{ data, result }`, with `message` where the handler emits some. Empty until generated code fills it, with
 * `register: true` on an output. Several outputs of one program add up.
 */
// biome-ignore lint/suspicious/noEmptyInterface: generated code declares its members
export interface Register {}

/** The name of a task: registered ones complete, every other one is taken too. */
export type TaskName = keyof Register | (string & {});
