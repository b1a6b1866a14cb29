/** A way in which scripts are called, in the largest batches that the adapter sends. */
import type { CallStage } from "./call-stage.js";

export interface Situation {
  readonly name: string;
  /** The script, and what it is given. */
  readonly title: string;
  /** Makes ready what the calls need; its own calls do not count. */
  readonly arrange?: (stage: CallStage) => Promise<unknown>;
  /** Makes the calls that count. */
  readonly act: (stage: CallStage) => Promise<unknown>;
}
