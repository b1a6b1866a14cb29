import { createInterface } from "node:readline/promises";
import { type Context, type Outcome, refusal } from "../outcome.js";

/**
 * Asks before something is destroyed, or much is changed; undefined: go on. Where nobody can be asked it is declined without
 * `--yes`.
 */
export async function confirm(
  what: { readonly question: string; readonly yes: boolean | undefined },
  context: Context,
): Promise<Outcome | undefined> {
  if (what.yes === true) return undefined;
  const { terminal } = context;
  const hint = "Add --yes to do it without a question.";
  if (!terminal.isInteractive || context.isJson) {
    const message = `This asks before it is done, and nobody can be asked here: ${what.question}`;
    return refusal({ code: "DECLINED", message, hint }, context);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${what.question} ${terminal.talkColors.dim("(y/N)")} `);
    if (/^y(es)?$/i.test(answer.trim())) return undefined;
    const declined = refusal({ code: "DECLINED", message: "Nothing was changed.", hint }, context);
    return { ...declined, show: () => terminal.talk("Nothing was changed.") };
  } finally {
    prompt.close();
  }
}
