import { afterEach, describe, expect, it } from "vitest";
import { check, generate } from "../../codegen/generate.js";
import { parseLock } from "../../codegen/lock.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "./support/temp-project.js";

const LOCK = ".taskora/contracts/email.send.json";
const TYPES = "worker/tasks.gen/tasks/email-send.ts";
const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

function email(input: string, rest?: string, name = "email.send"): string {
  const shared = { name, exportName: "sendEmail", input };
  return contractText(rest === undefined ? shared : { ...shared, rest });
}

const V1 = email('z.object({ to: z.string(), locale: z.string().default("en") })');
const V2 = email("z.object({ to: z.array(z.string()) })", "version: 2");
const V3 = email("z.object({ to: z.array(z.string()), at: z.string().transform(Number) })", "version: 3");

/** What a project holds after the generator saw some texts of its contract, one after the other. */
const seen = new Map<string, Promise<Readonly<Record<string, string>>>>();

/** The same beginning is generated once: each test gets a copy of its own. */
function filesAfter(texts: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const key = JSON.stringify(texts);
  const known = seen.get(key) ?? generateAfter(texts);
  seen.set(key, known);
  return known;
}

async function generateAfter(texts: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const last = texts.at(-1);
  if (last === undefined) return { "taskora.config.ts": FULL_CONFIG };
  const project = tempProject(await filesAfter(texts.slice(0, -1)));
  projects.push(project);
  project.write({ "contracts/email.ts": last });
  await generate({ cwd: project.dir });
  return project.files();
}

async function generated(...texts: readonly string[]): Promise<TempProject> {
  const project = tempProject(await filesAfter(texts));
  projects.push(project);
  return project;
}

function recorded(project: TempProject, lock = LOCK): readonly string[] {
  const reading = parseLock(project.read(lock));
  if (reading.status !== "ok") throw new Error(reading.message);
  return Object.keys(reading.lock.older ?? {});
}

describe("the versions a lock remembers", () => {
  it("are those that were replaced, each as it was last generated", async () => {
    const project = await generated(V1, V2, V3);
    expect(recorded(project)).toEqual(["1", "2"]);
    const v1 = await generated(V1);
    const { fingerprint, input, output, zod } = JSON.parse(v1.read(LOCK));
    expect(JSON.parse(project.read(LOCK)).older[1]).toEqual({ fingerprint, input, output, zod });
  });

  it("are none while the version stays", async () => {
    expect(recorded(await generated(V1, V1.replace("z.string()", "z.string().max(9)")))).toEqual([]);
  });

  it("end with since", async () => {
    const project = await generated(V1, V2, V3.replace("version: 3", "version: 3,\n  since: 2"));
    expect(recorded(project)).toEqual(["2"]);
  });

  it("do not hold what is newer than the contract", async () => {
    expect(recorded(await generated(V1, V2, V3, V2))).toEqual(["1"]);
  });

  it("follow a task to its new name", async () => {
    const renamed = email(
      "z.object({ id: z.string() })",
      'version: 3,\n  aliases: ["email.send"]',
      "mail.send",
    );
    const project = await generated(V1, V2, renamed);
    expect(recorded(project, ".taskora/contracts/mail.send.json")).toEqual(["1", "2"]);
    await generate({ cwd: project.dir });
    expect(recorded(project, ".taskora/contracts/mail.send.json")).toEqual(["1", "2"]);
  });

  it("are up to date after one run", async () => {
    const project = await generated(V1, V2);
    const before = project.files();
    expect((await generate({ cwd: project.dir })).changes).toEqual([]);
    expect(
      (await check({ cwd: project.dir })).findings.filter(({ code }) => code === "OUTPUT_STALE"),
    ).toEqual([]);
    expect(project.files()).toEqual(before);
  });

  it("stay in a lock that is written once more after its contract was changed", async () => {
    const project = await generated(V1, V2);
    project.write({ "contracts/email.ts": V2.replace("z.string()", "z.string().max(100)") });
    await generate({ cwd: project.dir });
    expect(recorded(project)).toEqual(["1"]);
  });
});

describe("the types of older versions", () => {
  it("are printed as their payloads wait in the queue, with the steps between them", async () => {
    const text = (await generated(V1, V2, V3)).read(TYPES);
    expect(text).toContain("export interface EmailSendV1 {\n  to: string;\n");
    expect(text).toMatch(/interface EmailSendV1 \{[^}]*\n {2}locale: string;/);
    expect(text).toContain("export interface EmailSendV2 {\n  to: string[];\n}");
    expect(text).toContain(
      "readonly 1: (payload: EmailSendV1) => EmailSendV2 | Promise<EmailSendV2>;\n" +
        "  readonly 2: (payload: EmailSendV2) => EmailSendInput | Promise<EmailSendInput>;",
    );
  });

  it("leave a default open where a transform makes the producer send what it was given", async () => {
    const given = email('z.object({ at: z.string().transform(Number), locale: z.string().default("en") })');
    const text = (await generated(given, V2)).read(TYPES);
    expect(text).toMatch(/interface EmailSendV1 \{[^}]*locale\?: string/);
  });

  it("say unknown where the next version was never recorded", async () => {
    const text = (await generated(V1, V3)).read(TYPES);
    expect(text).toContain("readonly 1: (payload: EmailSendV1) => unknown;");
  });

  it("are not there for a contract that never had another version", async () => {
    const project = await generated(V1);
    expect(project.read(TYPES)).not.toContain("Migrations");
    expect(project.read("worker/tasks.gen/index.ts")).not.toContain("Migrations");
  });
});
