import { afterEach, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { syncHandlers } from "../../codegen/sync-handlers.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

const HANDLER = `// mine
import type { EmailSendHandler  } from "../tasks.gen/index.js";
import { mailer } from "../mailer.js";

/** Keep emailSend short. */
export const emailSend: EmailSendHandler = async (input, ctx) => {
  const emailSender = mailer.emailSend(input);
    return emailSender ?? { emailSend: emailSend.name, done: true };
};
`;

async function project(): Promise<TempProject> {
  const made = tempProject({
    "taskora.config.ts": FULL_CONFIG,
    "contracts/email.ts": contractText({ name: "email.send", exportName: "sendEmail" }),
    "worker/handlers/email-send.ts": HANDLER,
  });
  projects.push(made);
  await generate({ cwd: made.dir });
  return made;
}

function renameTask(made: TempProject, rest = 'aliases: ["email.send"]'): void {
  made.write({ "contracts/email.ts": contractText({ name: "mail.deliver", exportName: "deliver", rest }) });
}

const RENAMED = HANDLER.replaceAll("EmailSendHandler", "MailDeliverHandler")
  .replace("const emailSend:", "const mailDeliver:")
  .replace("emailSend: emailSend.name", "emailSend: mailDeliver.name");

describe("taskora sync", () => {
  it("lets the file of a renamed task follow, and touches nothing else in it", async () => {
    const made = await project();
    renameTask(made);
    const { stdout, code } = await made.taskora("sync");
    expect(stdout).toBe(
      "update worker/handlers/email-send.ts (EmailSendHandler is MailDeliverHandler now)\n",
    );
    expect(code).toBe(0);
    expect(made.read("worker/handlers/email-send.ts")).toBe(RENAMED);
  });

  it("removes the untouched stub that generate made for the new name", async () => {
    const made = await project();
    renameTask(made);
    await generate({ cwd: made.dir });
    expect(made.has("worker/handlers/mail-deliver.ts")).toBe(true);
    const { renamed, findings } = await syncHandlers({ cwd: made.dir });
    expect(renamed).toEqual([
      { file: `${made.dir}/worker/handlers/email-send.ts`, from: "EmailSend", to: "MailDeliver" },
    ]);
    expect(findings).toEqual([]);
    expect(made.has("worker/handlers/mail-deliver.ts")).toBe(false);
    expect(made.read("worker/handlers/email-send.ts")).toBe(RENAMED);
  });

  it("takes the only new task for the only orphan, without an alias", async () => {
    const made = await project();
    renameTask(made, "version: 1");
    await syncHandlers({ cwd: made.dir });
    expect(made.read("worker/handlers/email-send.ts")).toBe(RENAMED);
  });

  it("does so after a run of the generator too, which has made a stub meanwhile", async () => {
    const made = await project();
    renameTask(made, "version: 1");
    await generate({ cwd: made.dir });
    expect(made.has("worker/handlers/mail-deliver.ts")).toBe(true);
    expect((await syncHandlers({ cwd: made.dir })).findings).toEqual([]);
    expect(made.has("worker/handlers/mail-deliver.ts")).toBe(false);
    expect(made.read("worker/handlers/email-send.ts")).toBe(RENAMED);
  });

  it("creates stubs of new tasks and reports a file whose task is gone", async () => {
    const made = await project();
    made.write({
      "contracts/email.ts": contractText({ name: "a.one", exportName: "one" }),
      "contracts/b.ts": contractText({ name: "b.two", exportName: "two" }),
    });
    const { stdout, stderr, code } = await made.taskora("sync");
    expect(code).toBe(4);
    expect(stdout).toBe("create worker/handlers/a-one.ts\ncreate worker/handlers/b-two.ts\n");
    expect(stderr).toContain("HANDLER_ORPHANED");
    expect(made.read("worker/handlers/email-send.ts")).toBe(HANDLER);
  });

  it("writes nothing in a dry run, nor when all is in step", async () => {
    const made = await project();
    expect(await syncHandlers({ cwd: made.dir })).toEqual({ changes: [], renamed: [], findings: [] });
    renameTask(made);
    const { changes } = await syncHandlers({ cwd: made.dir, dryRun: true });
    expect(changes).toHaveLength(1);
    expect(made.read("worker/handlers/email-send.ts")).toBe(HANDLER);
  });
});
