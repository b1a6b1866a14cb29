import { afterEach, describe, expect, it } from "vitest";
import { CodegenError } from "../../codegen/finding.js";
import type { GenerateResult } from "../../codegen/generate.js";
import { type Watcher, watch } from "../../codegen/watch.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "./support/temp-project.js";

type Run = GenerateResult | CodegenError;

interface Session {
  readonly project: TempProject;
  /** Resolves when the watcher waits for changes again, with all runs since the last call. */
  idle(): Promise<readonly Run[]>;
}

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function startWatch(
  files: Record<string, string>,
  onPrint: (text: string) => void = () => undefined,
): Session {
  const project = tempProject({ "taskora.config.ts": FULL_CONFIG, ...files });
  const runs: Run[] = [];
  let idles = 0;
  let wake: (() => void) | undefined;
  const watcher: Watcher = watch({
    cwd: project.dir,
    onPrint,
    onResult: (result) => void runs.push(result),
    onError: (error) => void runs.push(error as CodegenError),
    onIdle: () => {
      idles += 1;
      wake?.();
    },
  });
  cleanups.push(() => watcher.close(), project.dispose);
  return {
    project,
    async idle() {
      if (idles === 0) await new Promise<void>((resolve) => (wake = resolve));
      idles = 0;
      wake = undefined;
      return runs.splice(0);
    },
  };
}

/** Waits for a run that is as expected; the test's time limit ends a wait in vain. */
async function runUntil(session: Session, isExpected: (run: Run) => boolean): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (;;) {
    runs.push(...(await session.idle()));
    const last = runs.at(-1);
    if (last !== undefined && isExpected(last)) return runs;
  }
}

function hasTasks(...names: readonly string[]): (run: Run) => boolean {
  return (run) =>
    !(run instanceof CodegenError) && String(run.tasks.map((task) => task.name)) === String(names);
}

function hasProblem(code: string): (run: Run) => boolean {
  return (run) => run instanceof CodegenError && run.findings[0]?.code === code;
}

const EMAIL = contractText({ name: "email.send", exportName: "sendEmail" });
const IMAGE = contractText({ name: "image.resize", exportName: "resizeImage" });

describe("watch", () => {
  it("generates at once, and again when a contract is added or changed", async () => {
    const session = startWatch({ "contracts/email.ts": EMAIL });
    const { project } = session;
    await runUntil(session, hasTasks("email.send"));
    project.write({ "contracts/deep/image.ts": IMAGE });
    await runUntil(session, hasTasks("email.send", "image.resize"));
    project.write({ "contracts/email.ts": EMAIL.replace("email.send", "email.post") });
    await runUntil(session, hasTasks("email.post", "image.resize"));
    expect(project.has("producer/tasks.gen/tasks/email-send.ts")).toBe(false);
  });

  it("keeps the last good output while a contract is broken, and goes on when it is mended", async () => {
    const session = startWatch({ "contracts/email.ts": EMAIL });
    const { project } = session;
    await runUntil(session, hasTasks("email.send"));
    const good = project.files("producer");
    project.write({ "contracts/email.ts": EMAIL.replace("z.string()", "z.date()") });
    await runUntil(session, hasProblem("TYPE_NOT_JSON"));
    expect(project.files("producer")).toEqual(good);
    project.write({ "contracts/email.ts": EMAIL.replace("z.string()", "z.uuid()") });
    await runUntil(session, hasTasks("email.send"));
    expect(project.files("producer")).not.toEqual(good);
  });

  it("starts on a broken project and recovers", async () => {
    const session = startWatch({ "contracts/email.ts": `throw new Error("broken");\n${EMAIL}` });
    await runUntil(session, hasProblem("CONTRACT_THREW"));
    session.project.write({ "contracts/email.ts": EMAIL });
    await runUntil(session, hasTasks("email.send"));
  });

  it("follows what contracts import", async () => {
    const session = startWatch({
      "contracts/email.ts": `import { Id } from "../shared/id.js";\n${EMAIL.replace("z.string()", "Id")}`,
      "shared/id.ts": 'import * as z from "zod";\nexport const Id = z.string();\n',
    });
    const { project } = session;
    await runUntil(session, hasTasks("email.send"));
    project.write({ "shared/id.ts": 'import * as z from "zod";\nexport const Id = z.int();\n' });
    await runUntil(session, (run) => !(run instanceof CodegenError) && run.changes.length > 0);
    expect(project.read("producer/tasks.gen/tasks/email-send.ts")).toContain("id: number;");
  });

  it("makes few runs of many changes, and none of its own writes", async () => {
    const session = startWatch({ "contracts/email.ts": EMAIL });
    await runUntil(session, hasTasks("email.send"));
    const names = Array.from({ length: 25 }, (_, index) => `c${index}`);
    const added = names.map((name) => [`contracts/${name}.ts`, contractText({ name, exportName: name })]);
    session.project.write(Object.fromEntries(added));
    const runs = await runUntil(session, hasTasks(...[...names, "email.send"].sort()));
    expect(runs.length).toBeLessThanOrEqual(3);
  });

  it("loads only what a change concerns, and rewrites only that", async () => {
    const printed: string[] = [];
    const noisy = (name: string): string =>
      `console.log("load ${name}");\n${contractText({ name, exportName: name })}`;
    const session = startWatch(
      {
        "contracts/a.ts": noisy("a"),
        "contracts/b.ts": noisy("b"),
        "contracts/c.ts": `import "../shared.js";\n${noisy("c")}`,
        "shared.ts": "export const shared = 1;\n",
      },
      (text) => void printed.push(...text.trim().split("\n")),
    );
    await runUntil(session, hasTasks("a", "b", "c"));
    expect(printed.splice(0)).toEqual(["load a", "load b", "load c"]);
    session.project.write({ "contracts/b.ts": noisy("b").replace("id: z", "more: z.number(), id: z") });
    const [run] = await runUntil(session, hasTasks("a", "b", "c"));
    expect(printed.splice(0)).toEqual(["load b"]);
    const paths = run instanceof CodegenError || run === undefined ? [] : run.changes.map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.every((path) => /\/b\.(ts|json)$|\.taskora\.json$/.test(path))).toBe(true);
    session.project.write({ "shared.ts": "export const shared = 2;\n" });
    await runUntil(session, hasTasks("a", "b", "c"));
    expect(printed).toEqual(["load c"]);
  });
});
