import type { ProjectContract } from "../load/load-project.js";

/** One task with the names it has in generated code. */
export interface EmitTask {
  readonly contract: ProjectContract;
  /** `emailSend` */
  readonly key: string;
  /** `EmailSend` */
  readonly typeName: string;
  /** `email-send`, the name of its files. */
  readonly fileName: string;
  readonly fingerprint: string;
  /** `contracts/email.ts`, relative to the config; without a line, so that a comment above it changes nothing. */
  readonly file: string;
  /** The declarations of its types. */
  readonly types: string;
  /** Code of the contract decides over parts that the client cannot check. */
  readonly hasOpaqueInput: boolean;
}
