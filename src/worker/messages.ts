import { OptionError, TaskoraError, ValidationError } from "../core/errors.js";
import { type Encoded, MAX_MESSAGE_BYTES } from "../core/job.js";
import { encodeValue, requireSize } from "../core/serializer.js";
import { validate } from "../core/validation.js";
import { encoderOf } from "../schema/either-side.js";
import type { RunnableTask } from "./runnable-task.js";

/**
 * What `ctx.emit` is given, checked against the contract and encoded.
 *
 * @throws {OptionError} when the contract has no `emits`, and for `undefined`
 * @throws {TaskoraError} `VALIDATION_FAILED`, `PAYLOAD_UNSERIALIZABLE`, `PAYLOAD_TOO_LARGE`, and `CONTRACT_INVALID` for a
 * schema that answers later
 */
export function packMessage(
  task: Pick<RunnableTask, "name" | "emits" | "serializer">,
  value: unknown,
  jobId: string,
): Encoded {
  const { name, emits, serializer } = task;
  if (emits === undefined) {
    throw new OptionError(
      `expected emits in the contract of ${name}, which ctx.emit() needs, got none. Write emits: z.object({ … }), or report ` +
        "with ctx.progress().",
      { option: "emits" },
    );
  }
  if (value === undefined) {
    throw new OptionError(
      `expected a message of ${name} to be a value, got undefined. Emit null to say nothing.`,
      {
        option: "value",
      },
    );
  }
  const encode = encoderOf(emits);
  const given = encode === undefined ? value : encode(value);
  const checked = validate(emits, given);
  if (checked instanceof Promise) {
    checked.catch(() => undefined);
    throw new TaskoraError(
      "CONTRACT_INVALID",
      `The emits of ${name} checks asynchronously, and messages are checked at once, so that they stay in order. ` +
        "Use a schema without asynchronous refinements and transforms.",
    );
  }
  if (!checked.ok) throw new ValidationError({ task: name, side: "message", issues: checked.issues, jobId });
  const subject = { task: name, side: "message" } as const;
  const encoded = encodeValue(serializer, encode === undefined ? checked.value : given, subject);
  requireSize(encoded, MAX_MESSAGE_BYTES, subject);
  return encoded;
}
