/**
 * The mistakes people make most, each with the text they are shown. What needs more than one run to go wrong is in
 * the tests of its part: a breaking change in `diff/`, two zod versions in `check-contracts`, merge markers in `lock`.
 */
import { afterEach, describe, expect, it } from "vitest";
import { CodegenError, type Finding } from "../../codegen/finding.js";
import { check, generate } from "../../codegen/generate.js";
import {
  CLIENT_CONFIG,
  contractText,
  FULL_CONFIG,
  type TempProject,
  tempProject,
} from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

type Files = Readonly<Record<string, string>>;

interface Mistake {
  readonly what: string;
  readonly files: Files;
  /** What a first run is followed by. */
  readonly afterwards?: (project: TempProject) => void;
  readonly command?: "generate" | "check";
  readonly says: string;
  /** The way out, in part. */
  readonly hint: string;
}

const A = contractText({ name: "a.b", exportName: "ab" });
const SOUND: Files = { "taskora.config.ts": CLIENT_CONFIG, "contracts/a.ts": A };
const WITH_HANDLERS: Files = { ...SOUND, "taskora.config.ts": FULL_CONFIG };

function withInput(input: string): Files {
  return { ...SOUND, "contracts/a.ts": contractText({ name: "a.b", exportName: "ab", input }) };
}

const IMPORTS =
  'import { defineTask } from "taskora/contract";\nimport * as z from "zod";\nconst input = z.object({});\n';

const MISTAKES: readonly Mistake[] = [
  {
    what: "no config",
    files: {},
    says: "There is no taskora.config.ts",
    hint: "taskora init",
  },
  {
    what: "an unknown config key",
    files: { ...SOUND, "taskora.config.ts": CLIENT_CONFIG.replace("outputs:", "output:") },
    says: 'unknown key "output" in the config. Did you mean "outputs"?',
    hint: "taskora generate",
  },
  {
    what: "a contract module that throws",
    files: { ...SOUND, "contracts/b.ts": 'throw new Error("no database");\n' },
    says: "contracts/b.ts threw Error: no database",
    hint: "taskora generate",
  },
  {
    what: "a side effect while loading",
    files: { ...SOUND, "contracts/b.ts": `setInterval(() => {}, 1000);\n${A.replaceAll("a.b", "b.c")}` },
    says: "contracts/b.ts has a side effect: loading it leaves a timer running.",
    hint: "taskora generate",
  },
  {
    what: "a contract that is not exported",
    files: { ...SOUND, "contracts/b.ts": `${IMPORTS}defineTask({ name: "b.c", input });\n` },
    says: "The contract b.c is defined but not exported, so no worker could import it.",
    hint: "Write export const",
  },
  {
    what: "the same name twice",
    files: { ...SOUND, "contracts/b.ts": A },
    says: 'Two contracts are named "a.b". A queue has one contract.',
    hint: 'Rename one of them, to "a.b-2"',
  },
  {
    what: "a bad name",
    files: { ...SOUND, "contracts/b.ts": contractText({ name: "Email_Send", exportName: "x" }) },
    says: 'got "Email_Send". Use "email-send".',
    hint: "taskora generate",
  },
  {
    what: "two names with one identifier",
    files: { ...SOUND, "contracts/b.ts": contractText({ name: "a-b", exportName: "x" }) },
    says: "both become aB in generated code.",
    hint: "taskora generate",
  },
  {
    what: "a type JSON cannot carry",
    files: withInput("z.object({ at: z.date() })"),
    says: "cannot travel: a job is JSON, which has no such type.",
    hint: "z.iso.datetime()",
  },
  {
    what: "a one-way transform in an output",
    files: {
      ...SOUND,
      "contracts/a.ts": `${IMPORTS}export const ab = defineTask({ name: "a.b", input, output: z.object({ n: z.string().transform(Number) }) });\n`,
    },
    says: "A one-way transform in an output schema cannot be undone by whoever reads the result.",
    hint: "z.codec",
  },
  {
    what: "two loads that differ",
    files: withInput("z.object({ at: z.number().default(Math.random()) })"),
    says: "came out differently when it was loaded twice",
    hint: "taskora generate",
  },
  {
    what: "stale files",
    files: SOUND,
    afterwards: (project) =>
      project.write({
        "contracts/a.ts": contractText({ name: "a.b", exportName: "ab", input: "z.object({ x: z.int() })" }),
      }),
    command: "check",
    says: "generated files differ from what the contracts give now.",
    hint: "Run taskora generate",
  },
  {
    what: "a hand-edited generated file",
    files: SOUND,
    afterwards: (project) => project.write({ "src/tasks.gen/index.ts": "// mine\n" }),
    says: "A generated file was edited by hand, and the edit (marked +) would be lost. Nothing was written.",
    hint: "--overwrite",
  },
  {
    what: "an output folder of someone else",
    files: { ...SOUND, "src/tasks.gen/mine.ts": "export {};\n" },
    says: "src/tasks.gen holds files that the generator did not write. Nothing was written.",
    hint: "adopt: true",
  },
  {
    what: "a missing handler",
    files: WITH_HANDLERS,
    afterwards: (project) => project.remove("worker/handlers"),
    command: "check",
    says: "a.b has no handler: no file in worker/handlers imports ABHandler",
    hint: "taskora generate",
  },
  {
    what: "an orphaned handler, with a guess at the new name",
    files: WITH_HANDLERS,
    afterwards: (project) =>
      project.write({ "contracts/a.ts": contractText({ name: "a.bb", exportName: "abb" }) }),
    command: "check",
    says: "A handler file imports ABHandler, but there is no such task any more.",
    hint: "Was it renamed to a.bb?",
  },
  {
    what: "no compiled validator, and why",
    files: {
      ...withInput("z.object({ id: z.string().refine((id) => id.length > 3) })"),
      "taskora.config.ts": CLIENT_CONFIG.replace('dir: "src/tasks.gen"', "$&, validators: true"),
    },
    says: "a.b has no printed validator for its input: id has a refinement, and only the worker can run code of the contract.",
    hint: "Nothing needs to be done.",
  },
];

async function runOf(project: TempProject, command: Mistake["command"]): Promise<readonly Finding[]> {
  try {
    if (command === "check") return (await check({ cwd: project.dir })).findings;
    return (await generate({ cwd: project.dir })).warnings;
  } catch (error) {
    if (error instanceof CodegenError) return error.findings;
    throw error;
  }
}

describe("what the generator says", () => {
  it.each(MISTAKES)("of $what", async ({ files, afterwards, command, says, hint }) => {
    const project = tempProject(files);
    projects.push(project);
    if (afterwards !== undefined) {
      await generate({ cwd: project.dir });
      afterwards(project);
    }
    const findings = await runOf(project, command);
    const found = findings.find((finding) => `${finding.message}\n${finding.details}`.includes(says));
    expect(found ?? findings).toMatchObject({ hint: expect.stringContaining(hint) });
    if (found?.severity === "error") expect(found.hint).toMatch(/taskora (generate|check|init)/);
  });
});
