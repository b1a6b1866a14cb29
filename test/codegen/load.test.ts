import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TaskoraConfig } from "../../codegen/config.js";
import { CodegenError, exitCodeFor, type Finding } from "../../codegen/finding.js";
import { check, generate } from "../../codegen/generate.js";
import { runChild } from "../../codegen/load/run-child.js";
import { envelopeText } from "../../src/cli/outcome.js";
import { renderFinding } from "../../src/cli/render-finding.js";
import { processTerminal } from "../../src/cli/terminal.js";
import { CLIENT_CONFIG, contractText, type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

/** What is found in a project with these files, stale output aside. */
async function findingsOf(files: Record<string, string>, config?: TaskoraConfig): Promise<Finding[]> {
  const project = tempProject({ "taskora.config.ts": CLIENT_CONFIG, ...files });
  projects.push(project);
  const { findings } = await check({ cwd: project.dir, ...(config === undefined ? {} : { config }) });
  return findings.filter(({ code }) => code !== "OUTPUT_STALE");
}

/** The only finding, with its place as `file:line:column` relative to the project. */
async function onlyFinding(files: Record<string, string>): Promise<Finding & { readonly place: string }> {
  const findings = await findingsOf(files);
  expect(findings.map(({ code, message }) => `${code} ${message}`)).toHaveLength(1);
  const [finding] = findings;
  if (finding === undefined) throw new Error("no finding");
  return { ...finding, place: placeOf(finding) };
}

function placeOf(finding: Finding): string {
  const dir = projects.at(-1)?.dir ?? "";
  return finding.at === undefined
    ? ""
    : `${finding.at.file.slice(dir.length + 1)}:${finding.at.line}:${finding.at.column}`;
}

const EMAIL = contractText({ name: "email.send", exportName: "sendEmail" });

describe("loading contracts", () => {
  it("finds nothing wrong with a sound project", async () => {
    expect(await findingsOf({ "contracts/email.ts": EMAIL })).toEqual([]);
  });

  it("works in a CommonJS package", async () => {
    const files = { "package.json": "{}", "contracts/email.ts": EMAIL };
    expect(await findingsOf(files)).toEqual([]);
  });

  it("reads contracts that lie above the config", async () => {
    const config = CLIENT_CONFIG.replace("contracts/**", "../../contracts/**");
    const project = tempProject({
      "services/api/taskora.config.ts": config,
      "contracts/email.ts": `${EMAIL}const hidden = [defineTask({ name: "hidden" })];\nvoid hidden;\n`,
    });
    projects.push(project);
    const { findings } = await check({ cwd: `${project.dir}/services/api` });
    expect(findings).toMatchObject([
      {
        code: "CONTRACT_NOT_EXPORTED",
        at: { file: `${project.dir}/contracts/email.ts`, line: 9, column: 17 },
      },
    ]);
  });

  it("says where it looked for the config", async () => {
    const project = tempProject({ "deep/er/x.txt": "" });
    projects.push(project);
    const { findings } = await check({ cwd: `${project.dir}/deep/er` });
    expect(findings[0]).toMatchObject({
      code: "CONFIG_NOT_FOUND",
      message: "There is no taskora.config.ts in this folder or above it.",
      hint: "Create one with taskora init, or name one with --config.",
    });
    expect(findings[0]?.details).toContain(`${project.dir}/deep/er\n${project.dir}/deep\n${project.dir}`);
    expect(exitCodeFor(findings)).toBe(2);
  });

  it("points at an unknown config key", async () => {
    const finding = await onlyFinding({
      "taskora.config.ts": CLIENT_CONFIG.replace("outputs:", "output:"),
      "contracts/email.ts": EMAIL,
    });
    expect(finding.code).toBe("CONFIG_INVALID");
    expect(finding.message).toBe('unknown key "output" in the config. Did you mean "outputs"?');
    expect(finding.place).toBe("taskora.config.ts:4:3");
  });

  it("points at the line of the config that threw", async () => {
    const finding = await onlyFinding({ "taskora.config.ts": '\nthrow new Error("no luck");\n' });
    expect(finding.code).toBe("CONFIG_THREW");
    expect(finding.message).toBe("Loading taskora.config.ts threw Error: no luck.");
    expect(finding.place).toBe("taskora.config.ts:2:7");
  });

  it("names the task and the path where a function makes the contracts, which all stand on one line", async () => {
    const made = tempProject({
      "taskora.config.ts": CLIENT_CONFIG,
      "contracts/jobs.ts": `import { defineTask } from "taskora/contract";
import * as z from "zod";
const job = (name: string, input: z.ZodType) => defineTask({ name, input, output: z.object({ made: z.date() }) });
export const encode = job("video.encode", z.object({ parts: z.array(z.string().optional()) }));
export const label = job("video.label", z.object({ tags: z.record(z.string(), z.date()), at: z.string() }));
`,
    });
    projects.push(made);
    const places = [
      ["UNDEFINED_IN_LIST", "video.encode", "input.parts[]"],
      ["TYPE_NOT_JSON", "video.encode", "output.made"],
      ["TYPE_NOT_JSON", "video.label", "input.tags[*]"],
      ["TYPE_NOT_JSON", "video.label", "output.made"],
    ];
    const thrown: unknown = await generate({ cwd: made.dir }).catch((error: unknown) => error);
    if (!(thrown instanceof CodegenError)) throw thrown;
    const { findings, message } = thrown;
    expect(findings.map(({ code, task, path }) => [code, task, path])).toEqual(places);
    expect(new Set(findings.map(({ at }) => at?.line))).toEqual(new Set([3]));
    expect(message).toContain("UNDEFINED_IN_LIST: video.encode input.parts[]: An item of a list");
    const shown = findings.map((finding) =>
      renderFinding(finding, {
        cwd: made.dir,
        colors: processTerminal({ color: false }).talkColors,
        columns: 100,
        codeFrame: () => "",
      }),
    );
    for (const [index, [, task, path]] of places.entries())
      expect(shown[index]).toContain(`\n  ${task} ${path}\n`);
    const listed = envelopeText("generate", { exitCode: 4, findings }, () => "");
    expect(JSON.parse(listed)).toMatchObject({
      findings: places.map(([code, task, path]) => ({ code, task, path })),
    });
  });

  it("says when no file matches", async () => {
    const finding = await onlyFinding({ "other/email.ts": EMAIL });
    expect(finding.code).toBe("CONFIG_NO_CONTRACTS");
    expect(finding.message).toContain("matches contracts/**/*.ts");
  });

  it("says when the files hold no contract", async () => {
    const finding = await onlyFinding({ "contracts/empty.ts": "export const nothing = 1;\n" });
    expect(finding.code).toBe("CONTRACT_NONE");
    expect(finding.details).toBe("contracts/empty.ts");
  });

  it("reports every module that throws, not the first alone", async () => {
    const findings = await findingsOf({
      "contracts/a.ts": 'throw new Error("first");\n',
      "contracts/b.ts": 'throw new Error("second");\n',
    });
    expect(findings.map(placeOf)).toEqual(["contracts/a.ts:1:7", "contracts/b.ts:1:7"]);
  });

  it.each(["~/shared.js", "@/shared"])("says where the path alias %s belongs", async (wanted) => {
    const finding = await onlyFinding({
      "contracts/email.ts": `import ${JSON.stringify(wanted)};\n${EMAIL}`,
    });
    expect(finding.message).toContain("neither a file nor a package");
    expect(finding.hint).toContain('"paths" of the tsconfig.json beside taskora.config.ts');
    expect(finding.hint).not.toContain("npm i");
  });

  it("follows path aliases of the tsconfig.json beside the config, to the place in the source", async () => {
    const finding = await onlyFinding({
      "tsconfig.json": '{ "compilerOptions": { "paths": { "~/*": ["./shared/*"] } } }\n',
      "shared/user.ts": 'import * as z from "zod";\nexport const user = z.object({\n  born: z.date(),\n});\n',
      "contracts/email.ts": `import { user } from "~/user.js";\n${contractText({ name: "a.b", exportName: "ab", input: "user" })}`,
    });
    expect(finding.code).toBe("TYPE_NOT_JSON");
    expect(finding.place).toBe("shared/user.ts:3:3");
  });
});

/**
 * Modules that are wrong each for itself are loaded in one process, each case in a folder of its own. Findings are shown
 * as if the folder of the case was the project.
 */
class BrokenModules {
  readonly #files: Record<string, string> = {};
  #findings: readonly Finding[] = [];
  #dir = "";

  /** Adds a case: its files, and what is to be found in them, which is one thing. */
  it(
    name: string,
    files: Record<string, string>,
    examine: (finding: Finding & { readonly place: string }) => void,
  ): void {
    const folder = `case${Object.keys(this.#files).length}`;
    for (const [path, text] of Object.entries(files)) this.#files[`${folder}/${path}`] = text;
    it(name, () => {
      const text = JSON.stringify(this.#findings.filter((finding) => finding.message.includes(`${folder}/`)));
      const found = JSON.parse(
        text.replaceAll(`${this.#dir}/${folder}/`, "").replaceAll(`${folder}/`, ""),
      ) as readonly Finding[];
      expect(found).toHaveLength(1);
      const [finding] = found;
      if (finding === undefined) throw new Error("no finding");
      const { file, line, column } = finding.at ?? { file: "", line: 0, column: 0 };
      examine({ ...finding, place: `${file}:${line}:${column}` });
    });
  }

  async load(): Promise<void> {
    const config = CLIENT_CONFIG.replace("contracts/**", "*/contracts/**");
    const project = tempProject({ "taskora.config.ts": config, ...this.#files });
    this.#dir = project.dir;
    this.#findings = (await check({ cwd: project.dir })).findings;
    project.dispose();
  }
}

describe("a module that is wrong for itself", () => {
  const broken = new BrokenModules();
  beforeAll(() => broken.load());

  broken.it(
    "shows where a module threw and how it came to be loaded",
    {
      "contracts/email.ts": `import "../src/a.js";\n${EMAIL}`,
      "src/a.ts": 'import { settings } from "./settings.js";\nexport const a = settings;\n',
      "src/settings.ts":
        'export const settings = read();\nfunction read(): string {\n  throw new Error("API_KEY is not set");\n}\n',
    },
    (finding) => {
      expect(finding.code).toBe("CONTRACT_THREW");
      expect(finding.message).toBe("Loading contracts/email.ts threw Error: API_KEY is not set.");
      expect(finding.place).toBe("src/settings.ts:3:9");
      expect(finding.importChain).toEqual(["contracts/email.ts", "src/a.ts", "src/settings.ts"]);
    },
  );

  broken.it("points at a syntax error", { "contracts/email.ts": "export const = 1;\n" }, (finding) => {
    expect(finding.code).toBe("CONTRACT_THREW");
    expect(finding.message).toMatch(/^contracts\/email.ts cannot be read: Expected identifier/);
    expect(finding.place).toBe("contracts/email.ts:1:14");
  });

  broken.it(
    "names a package that is not installed, and how to install it",
    { "contracts/email.ts": `import "@acme/schemas/user";\n${EMAIL}` },
    (finding) => {
      expect(finding.code).toBe("DEPENDENCY_MISSING");
      expect(finding.message).toBe('contracts/email.ts imports "@acme/schemas", which is not installed.');
      expect(finding.hint).toContain("npm i @acme/schemas");
      expect(finding.place).toBe("contracts/email.ts:1:8");
    },
  );

  broken.it(
    "points at an import of a file that does not exist",
    { "contracts/email.ts": `${EMAIL}import "./missing.js";\n` },
    (finding) => {
      expect(finding.code).toBe("CONTRACT_THREW");
      expect(finding.message).toBe("contracts/email.ts imports contracts/missing.js, which does not exist.");
      expect(finding.place).toBe("contracts/email.ts:9:8");
    },
  );

  broken.it(
    "suggests a name for one outside the pattern",
    { "contracts/email.ts": EMAIL.replace("email.send", "Email_Send") },
    (finding) => {
      expect(finding.code).toBe("TASK_NAME_INVALID");
      expect(finding.message).toContain('got "Email_Send". Use "email-send".');
      expect(finding.place).toBe("contracts/email.ts:4:26");
    },
  );

  broken.it(
    "points at a wrong option of a contract",
    { "contracts/a.ts": contractText({ name: "a", exportName: "a", rest: 'timeOut: "1s"' }) },
    (finding) => {
      expect(finding.code).toBe("CONTRACT_THREW");
      expect(finding.message).toContain('unknown option "timeOut" in contract a. Did you mean "timeout"?');
      expect(finding.place).toBe("contracts/a.ts:4:18");
    },
  );

  broken.it(
    "reports a socket where it is opened, although it is closed again",
    {
      "contracts/email.ts": `import "../src/db.js";\n${EMAIL}`,
      "src/db.ts":
        'import { connect } from "node:net";\nexport const socket = connect(9, "127.0.0.1").on("error", () => undefined);\nsocket.destroy();\n',
    },
    (finding) => {
      expect(finding.code).toBe("CONTRACT_SIDE_EFFECT");
      expect(finding.message).toBe("contracts/email.ts has a side effect: loading it opens a socket.");
      expect(finding.place).toBe("src/db.ts:2:23");
      expect(finding.importChain).toHaveLength(2);
    },
  );

  broken.it(
    "finds the import of a package that opens a socket on its own",
    {
      "contracts/email.ts": `import "../src/db.js";\n${EMAIL}`,
      "src/db.ts": '\nimport { client } from "store-client";\nexport const db = client;\n',
      "node_modules/store-client/package.json": '{ "main": "index.js" }',
      "node_modules/store-client/index.js":
        'const { createSocket } = require("node:dgram");\nexports.client = {};\nPromise.resolve().then(() => createSocket("udp4").close());\n',
    },
    (finding) => {
      expect(finding.message).toBe("contracts/email.ts has a side effect: loading it opens a UDP socket.");
      expect(finding.place).toBe("src/db.ts:2:25");
      expect(finding.importChain?.at(-1)).toBe("store-client");
      expect(finding.importChain).toHaveLength(3);
      expect(finding.details).toBe("made inside the package store-client");
    },
  );

  broken.it(
    "reports a timer that keeps running, and none that is cleared",
    {
      "contracts/email.ts": `clearTimeout(setTimeout(() => undefined, 60_000));\nsetInterval(() => undefined, 60_000).unref();\nsetInterval(() => undefined, 60_000);\n${EMAIL}`,
    },
    (finding) => {
      expect(finding.message).toBe(
        "contracts/email.ts has a side effect: loading it leaves a timer running.",
      );
      expect(finding.place).toBe("contracts/email.ts:3:1");
    },
  );
});

describe("the loader's own doings", () => {
  it("do not make a CommonJS package load twice, as values of chance would", async () => {
    const project = tempProject({
      "package.json": "{}",
      "taskora.config.ts": CLIENT_CONFIG,
      "contracts/email.ts": EMAIL,
    });
    projects.push(project);
    const request = { root: project.dir, configFile: `${project.dir}/taskora.config.ts` };
    const report = await runChild({ request, onPrint: () => undefined });
    expect(report).toMatchObject({ findings: [], readsChance: false });
  });
});

describe("side effects of contract modules", () => {
  it("reports a server and a child process", async () => {
    const findings = await findingsOf({
      "contracts/a.ts": `import { createServer } from "node:http";\ncreateServer().listen(0);\n${EMAIL}`,
      "contracts/b.ts": `import { spawn } from "node:child_process";\nspawn("true");\n${contractText({ name: "b", exportName: "b" })}`,
    });
    expect(findings.map((finding) => finding.message)).toEqual([
      "contracts/a.ts has a side effect: loading it listens on a port.",
      "contracts/b.ts has a side effect: loading it starts a process.",
    ]);
  });

  it("reports a call of process.exit", async () => {
    const finding = await onlyFinding({ "contracts/email.ts": `${EMAIL}process.exit(3);\n` });
    expect(finding.code).toBe("CONTRACT_EXITED");
    expect(finding.message).toBe(
      "contracts/email.ts ended the process with exit code 3 while it was loaded.",
    );
    expect(finding.place).toBe("contracts/email.ts:9:9");
  });

  it("reports an await that never ends", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": `${EMAIL}await new Promise(() => undefined);\n`,
    });
    expect(finding.code).toBe("CONTRACT_TIMEOUT");
    expect(finding.message).toContain("contracts/email.ts never finishes loading");
    expect(finding.place).toBe("contracts/email.ts:9:1");
  });

  it("stops an endless loop when the time is up", async () => {
    const config = CLIENT_CONFIG.replace("outputs:", 'loadTimeout: "2s",\n  outputs:');
    const finding = await onlyFinding({
      "taskora.config.ts": config,
      "contracts/email.ts": `${EMAIL}for (;;);\n`,
    });
    expect(finding.code).toBe("CONTRACT_TIMEOUT");
    expect(finding.message).toBe("contracts/email.ts did not finish loading within 2 s.");
    expect(exitCodeFor([finding])).toBe(2);
  });

  it("reports a rejected promise nobody waits for", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": `${EMAIL}void Promise.reject(new Error("late"));\n`,
    });
    expect(finding.code).toBe("CONTRACT_THREW");
    expect(finding.message).toContain("threw Error: late.");
  });
});

describe("checking contracts as a whole", () => {
  it("finds a contract that is not exported", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": `${EMAIL}defineTask({ name: "email.bounce" });\n`,
    });
    expect(finding.code).toBe("CONTRACT_NOT_EXPORTED");
    expect(finding.message).toBe(
      "The contract email.bounce is defined but not exported, so no worker could import it.",
    );
    expect(finding.place).toBe("contracts/email.ts:9:1");
    expect(exitCodeFor([finding])).toBe(4);
  });

  it("shows both places of a name used twice", async () => {
    const finding = await onlyFinding({ "contracts/a.ts": EMAIL, "contracts/b.ts": `\n${EMAIL}` });
    expect(finding.code).toBe("TASK_DUPLICATE");
    expect(finding.message).toBe('Two contracts are named "email.send". A queue has one contract.');
    expect(finding.place).toBe("contracts/b.ts:5:26");
    expect(finding.also?.[0]?.at).toMatchObject({ line: 4, column: 26 });
  });

  it("finds an alias that is the name of another contract", async () => {
    const finding = await onlyFinding({
      "contracts/a.ts": EMAIL,
      "contracts/b.ts": contractText({ name: "mail", exportName: "mail", rest: 'aliases: ["email.send"]' }),
    });
    expect(finding.code).toBe("TASK_DUPLICATE");
    expect(finding.message).toContain(
      '"email.send" is an alias of mail, and already names another contract.',
    );
  });

  it("takes one contract exported twice for one", async () => {
    expect(
      await findingsOf({ "contracts/a.ts": EMAIL, "contracts/index.ts": 'export * from "./a.js";\n' }),
    ).toEqual([]);
  });

  it("shows both places of two names with one identifier", async () => {
    const finding = await onlyFinding({
      "contracts/a.ts": EMAIL,
      "contracts/b.ts": contractText({ name: "email-send", exportName: "other" }),
    });
    expect(finding.code).toBe("IDENTIFIER_CLASH");
    expect(finding.message).toBe('"email-send" and "email.send" both become emailSend in generated code.');
    expect(finding.also).toHaveLength(1);
  });

  it("finds a default that differs from load to load", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": contractText({
        name: "email.send",
        exportName: "sendEmail",
        input:
          'z.object({\n    at: z.string().default(new Date().toISOString() + "-" + Math.random()),\n  })',
      }),
    });
    expect(finding.code).toBe("CONTRACT_NOT_DETERMINISTIC");
    expect(finding.message).toContain("came out differently when it was loaded twice");
    expect(finding.place).toBe("contracts/email.ts:7:5");
  });

  it("accepts a contract whose module reads the clock for something else", async () => {
    expect(
      await findingsOf({ "contracts/email.ts": `export const loadedAt = Date.now();\n${EMAIL}` }),
    ).toEqual([]);
  });
});

describe("schemas that cannot travel", () => {
  it("points at the property, and names the codec to use", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": contractText({
        name: "email.send",
        exportName: "sendEmail",
        input: "z.object({\n    user: z.object({\n      born: z.date(),\n    }),\n  })",
      }),
    });
    expect(finding.code).toBe("TYPE_NOT_JSON");
    expect(finding.hint).toContain("z.iso.datetime()");
    expect(finding.place).toBe("contracts/email.ts:8:7");
    expect(finding.task).toBe("email.send");
  });

  it("follows a schema into the file it comes from", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": `import { User } from "../schemas/user.js";\n${contractText({ name: "a", exportName: "a", input: "z.object({ user: User })" })}`,
      "schemas/user.ts":
        'import * as z from "zod";\n\nexport const User = z.object({\n  id: z.bigint(),\n});\n',
    });
    expect(finding.code).toBe("TYPE_NOT_JSON");
    expect(finding.place).toBe("schemas/user.ts:4:3");
  });

  it("refuses a one-way transform in an output", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": contractText({
        name: "a",
        exportName: "a",
        output: "z.object({\n    size: z.string().transform((text) => text.length),\n  })",
      }),
    });
    expect(finding.code).toBe("TRANSFORM_IN_OUTPUT");
    expect(finding.place).toBe("contracts/email.ts:8:5");
  });

  it("refuses a schema of another library", async () => {
    const finding = await onlyFinding({
      "contracts/email.ts": contractText({
        name: "a",
        exportName: "a",
        input: '{ "~standard": { version: 1, vendor: "other", validate: (value: unknown) => ({ value }) } }',
      }),
    });
    expect(finding.code).toBe("SCHEMA_NOT_ZOD");
    expect(finding.place).toBe("contracts/email.ts:6:3");
  });

  it("refuses a task pattern that selects nothing", async () => {
    const finding = await onlyFinding({
      "taskora.config.ts": CLIENT_CONFIG.replace('"src/tasks.gen"', '"src/tasks.gen", tasks: ["mail.*"]'),
      "contracts/email.ts": EMAIL,
    });
    expect(finding.code).toBe("CONFIG_NO_TASKS");
    expect(finding.details).toBe("tasks\nemail.send");
    expect(finding.place).toBe("taskora.config.ts:4:62");
  });
});
