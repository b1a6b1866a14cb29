import { type ContractInput, type ContractPayload, type ContractResult, defineTask } from "taskora/contract";
import * as z from "zod";

const sendEmail = defineTask({
  name: "email.send",
  input: z.object({ to: z.email(), locale: z.enum(["en", "de"]).default("en") }),
  output: z.object({ messageId: z.string() }),
});

const input: ContractInput<typeof sendEmail> = { to: "a@b.co" };
const payload: ContractPayload<typeof sendEmail> = { to: "a@b.co", locale: "en" };
const result: ContractResult<typeof sendEmail> = { messageId: "1" };
// @ts-expect-error the payload has its default filled in
const incomplete: ContractPayload<typeof sendEmail> = { to: "a@b.co" };
// @ts-expect-error messageId is a string
const wrong: ContractResult<typeof sendEmail> = { messageId: 1 };

const bare = defineTask({ name: "bare" });
const anything: ContractInput<typeof bare> = 7;

export { anything, incomplete, input, payload, result, wrong };
