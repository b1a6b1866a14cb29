import type { EmitTask } from "./emitted-task.js";

/** What a document is made from. */
export interface DocumentSource {
  readonly tasks: readonly EmitTask[];
  readonly title: string;
  readonly version: string;
}
