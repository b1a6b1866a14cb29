import { defineTask } from "taskora/contract";
import * as z from "zod";

const Address = z.email().describe("An e-mail address, without a display name.");

/** Sends one transactional e-mail. */
export const sendEmail = defineTask({
  name: "email.send",
  version: 1,
  input: z.object({
    to: Address,
    cc: z.array(Address).max(20).optional(),
    subject: z.string().trim().min(1).max(200),
    text: z.string().max(100_000).describe("The plain text body."),
    locale: z.enum(["en", "de"]).default("en"),
    attachments: z
      .array(z.object({ name: z.string().min(1).max(255), contentType: z.string(), base64: z.base64() }))
      .max(10)
      .default([]),
  }),
  output: z.object({
    messageId: z.string(),
    accepted: z.array(z.string()).describe("The addresses that the mail server took."),
  }),
  retry: { attempts: 5, backoff: "exponential", delay: "500ms", maxDelay: "1m", jitter: 0.5 },
  timeout: "30s",
});
