import { afterEach, describe, expect, it } from "vitest";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "../codegen/support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

const EMAIL = contractText({ name: "email.send", exportName: "sendEmail" });
const IMAGE = contractText({ name: "image.resize", exportName: "resizeImage" });

function aProject(files: Record<string, string> = {}): TempProject {
  const project = tempProject({ "taskora.config.ts": FULL_CONFIG, "contracts/email.ts": EMAIL, ...files });
  projects.push(project);
  return project;
}

interface Report {
  readonly v: number;
  readonly command: string;
  readonly exitCode: number;
  readonly data: {
    readonly tasks: readonly {
      readonly name: string;
      readonly version: number;
      readonly fingerprint: string;
    }[];
    readonly changes: readonly { readonly action: string; readonly path: string }[];
  };
  readonly findings: readonly {
    readonly code: string;
    readonly at?: { readonly file: string };
    readonly frame?: string;
  }[];
}

describe("taskora", () => {
  it("lists its commands and exit codes", async () => {
    const { code, stdout } = await aProject().taskora("--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/init .*\n.*generate .*\n[\s\S]*check /);
    expect(stdout).toContain("4 stale or findings");
  });

  it("prints its version", async () => {
    expect((await aProject().taskora("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("is quiet when nobody reads on", async () => {
    const project = aProject();
    const { stderr, code } = await project.shell("taskora generate | head -1");
    expect(code).toBe(0);
    expect(stderr).not.toContain("EPIPE");
  });

  it("colours when it is told to, and not into a pipe", async () => {
    const project = aProject({ "contracts/email.ts": "nonsense(" });
    const plain = await project.taskora("generate");
    const forced = await project.shell("NO_COLOR= FORCE_COLOR=1 taskora generate");
    expect(plain.stderr).not.toContain("\u001b[");
    expect(forced.stderr).toContain("\u001b[31merror\u001b[39m");
  });

  it.each([
    ["an unknown command", ["genrate"], "Did you mean generate?"],
    ["an unknown option", ["generate", "--wach"], "Did you mean --watch?"],
    ["a dry run that is to write", ["generate", "--watch", "--dry-run"], "do not go together"],
  ])("refuses %s with a suggestion", async (_title, args, text) => {
    const { code, stderr } = await aProject().taskora(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });
});

describe("taskora init", () => {
  it("creates a config and a sample from which generate works, and overwrites nothing", async () => {
    const project = tempProject();
    projects.push(project);
    const first = await project.taskora("init", "--yes");
    expect(first.stdout).toBe(
      "create taskora.config.ts\ncreate contracts/email.ts\ncreate src/worker/main.ts\ncreate src/worker/handlers/email-send.ts\ncreate tsconfig.json\n",
    );
    expect(first.stderr).toContain("npm i -D tsx ts-morph @types/node");
    expect(first.code).toBe(0);
    expect((await project.taskora("generate")).code).toBe(0);
    expect((await project.taskora("check")).code).toBe(0);
    const second = await project.taskora("init", "--yes");
    expect(second.code).toBe(3);
    expect(second.stderr).toContain("init overwrites nothing");
  });

  it("leaves contracts that are there alone, and looks at the tsconfig", async () => {
    const project = tempProject({
      "contracts/mine.ts": EMAIL,
      "tsconfig.json": '{ "compilerOptions": {}, "include": ["src"] }',
    });
    projects.push(project);
    const { stdout, stderr } = await project.taskora("init", "--yes");
    expect(stdout).toBe("create taskora.config.ts\n");
    expect(stderr).toContain('Set "strict": true in tsconfig.json');
    expect(stderr).toContain('Add "contracts" to "include" in tsconfig.json.');
  });

  it("does not ask where nobody can answer", async () => {
    const project = tempProject();
    projects.push(project);
    const { code, stderr } = await project.taskora("init");
    expect(code).toBe(2);
    expect(stderr).toContain("Run taskora init --yes.");
    expect(project.has("taskora.config.ts")).toBe(false);
  });
});

describe("taskora generate", () => {
  it("prints the changes as data and the summary as talk", async () => {
    const project = aProject();
    const { code, stdout, stderr } = await project.taskora("generate");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toContain("create producer/tasks.gen/index.ts");
    expect(stdout).not.toContain("✔");
    expect(stderr).toMatch(/✔ 1 task: 12 files written, 0 unchanged/);
    expect(stderr).toContain(
      "Fill in the new handlers; they are yours now:\n  worker/handlers/email-send.ts",
    );
    const again = await project.taskora("generate");
    expect(again.stdout).toBe("");
    expect(again.stderr).toMatch(/✔ 1 task: 0 files written, 11 unchanged/);
  });

  it("prints one object with --json", async () => {
    const { code, stdout } = await aProject().taskora("generate", "--json");
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(0);
    expect(report.data.tasks).toEqual([
      { name: "email.send", version: 1, fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/) },
    ]);
    expect(report.data.changes).toContainEqual({
      action: "create",
      path: ".taskora/contracts/email.send.json",
    });
    expect(report.findings).toEqual([]);
  });

  it("writes nothing with --dry-run", async () => {
    const project = aProject();
    const { code, stdout, stderr } = await project.taskora("generate", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("create producer/tasks.gen/index.ts\n");
    expect(stderr).toContain("12 files would change");
    expect(project.has("producer")).toBe(false);
  });

  it("shows a finding with its place, the code, the way it was imported and the way out", async () => {
    const project = aProject({
      "contracts/email.ts": `import "../src/settings.js";\n${EMAIL}`,
      "src/settings.ts": 'export const key = 1;\nthrow new Error("API_KEY is not set");\n',
    });
    const { code, stdout, stderr } = await project.taskora("generate");
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toBe(`error CONTRACT_THREW  src/settings.ts:2:7
  Loading contracts/email.ts threw Error: API_KEY is not set.

      1 | export const key = 1;
    > 2 | throw new Error("API_KEY is not set");
        |       ^
      3 |

  imported through contracts/email.ts → src/settings.ts
  → Contract files are loaded without your service around them: keep them free of code that needs
    settings, files or a network. Then run taskora generate again.

✖ 1 problem
`);
  });

  it("gives findings with their code frames as JSON", async () => {
    const project = aProject({ "contracts/email.ts": EMAIL.replace("z.string()", "z.date()") });
    const { code, stdout } = await project.taskora("generate", "--json");
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(4);
    expect(report.exitCode).toBe(4);
    expect(report.findings[0]).toMatchObject({
      code: "TYPE_NOT_JSON",
      at: { file: "contracts/email.ts", line: 6, column: 21 },
      frame: expect.stringContaining("> 6 |   input: z.object({ id: z.date() }),"),
    });
  });

  it("keeps what contracts print out of its data", async () => {
    const project = aProject({ "contracts/email.ts": `console.log("loading mail");\n${EMAIL}` });
    const { stdout, stderr } = await project.taskora("generate", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain("loading mail");
  });

  it("refuses a hand-edited file with a diff and exit code 3, writes nothing, and obeys --overwrite", async () => {
    const project = aProject();
    await project.taskora("generate");
    const edited = `${project.read("producer/tasks.gen/index.ts")}// mine\n`;
    project.write({ "producer/tasks.gen/index.ts": edited, "contracts/image.ts": IMAGE });
    const before = project.files();
    const { code, stderr } = await project.taskora("generate");
    expect(code).toBe(3);
    expect(stderr).toContain("error OUTPUT_EDITED  producer/tasks.gen/index.ts:");
    expect(stderr).toContain("    + // mine");
    expect(project.files()).toEqual(before);
    expect((await project.taskora("generate", "--overwrite")).code).toBe(0);
    expect(project.read("producer/tasks.gen/index.ts")).toContain("imageResize");
  });

  it("refuses a folder with files of someone else", async () => {
    const project = aProject({ "producer/tasks.gen/notes.md": "mine" });
    const { code, stderr } = await project.taskora("generate");
    expect(code).toBe(3);
    expect(stderr).toContain("OUTPUT_FOREIGN");
    expect(Object.keys(project.files("producer"))).toEqual(["producer/tasks.gen/notes.md"]);
    expect(project.has("worker")).toBe(false);
  });

  it("says where a lock holds merge markers", async () => {
    const project = aProject({
      ".taskora/contracts/email.send.json": "{\n<<<<<<< HEAD\n=======\n>>>>>>> b\n}\n",
    });
    const { code, stderr } = await project.taskora("generate");
    expect(code).toBe(2);
    expect(stderr).toContain("error LOCK_CONFLICT  .taskora/contracts/email.send.json:2:1");
    expect(stderr).toContain("two branches changed it");
  });
});

describe("taskora check", { timeout: 60_000 }, () => {
  it("lists what is stale and the command that mends it", async () => {
    const project = aProject();
    await project.taskora("generate");
    project.write({ "contracts/email.ts": EMAIL.replace("z.string()", "z.uuid()") });
    project.remove("worker/tasks.gen/index.ts");
    const before = project.files();
    const { code, stderr } = await project.taskora("check");
    expect(code).toBe(4);
    expect(stderr).toContain("    stale   producer/tasks.gen/tasks/email-send.ts\n");
    expect(stderr).toContain("    missing worker/tasks.gen/index.ts\n");
    expect(stderr).toContain("→ Run taskora generate and commit what it writes.");
    expect(project.files()).toEqual(before);
  });

  it("finds a missing handler and an orphaned one, and guesses the new name", async () => {
    const project = aProject({ "contracts/image.ts": IMAGE });
    await project.taskora("generate");
    project.write({ "contracts/image.ts": IMAGE.replace("image.resize", "image.resized") });
    await project.taskora("generate");
    project.remove("worker/handlers/image-resized.ts");
    const { code, stdout } = await project.taskora("check", "--json");
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(4);
    expect(report.findings).toMatchObject([
      {
        code: "HANDLER_MISSING",
        task: "image.resized",
        message: expect.stringContaining("no file in worker/handlers imports ImageResizedHandler"),
        hint: "Run taskora generate to create worker/handlers/image-resized.ts, and fill it in.",
        at: { file: "contracts/image.ts", line: 4 },
      },
      {
        code: "HANDLER_ORPHANED",
        message: "A handler file imports ImageResizeHandler, but there is no such task any more.",
        hint: expect.stringContaining("Was it renamed to image.resized?"),
        at: { file: "worker/handlers/image-resize.ts", line: 2, column: 15 },
      },
    ]);
  });
});
