/** What the programs of these tests begin with. */
export const HEAD = `
import { type BatchHandler, createTaskora, type JobDetails, type JobHandle, type TaskClient, type TaskoraOptions, type JobEvent } from "taskora";
import { defineTask, type ContractInput, type ContractPayload, type ContractResult, type ContractReturn, type PayloadPath } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { createTestApp } from "taskora/testing";
import * as z from "zod";

const taskora = createTaskora({ adapter: memoryAdapter() });
const contract = defineTask({
  name: "email.send",
  input: z.object({ to: z.email(), locale: z.enum(["en", "de"]).default("en"), at: z.string().transform(Number) }),
  output: z.object({ messageId: z.string(), size: z.string().transform((text) => text.length) }),
});
const client = taskora.register(contract);
const input: ContractInput<typeof contract> = { to: "a@b.co", at: "1" };
/** Paths that are spelled out, without any other text. */
type Known<Path> = Path extends string & {} ? (string extends Path ? never : Path) : never;
/** Compiles only for exactly the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => undefined;
class Temporary extends Error {}
`;
