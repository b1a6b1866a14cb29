import { afterEach, describe, expect, it } from "vitest";
import { check, generate } from "../../codegen/generate.js";
import { contractText, FULL_CONFIG, type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

async function project(input: string, config = FULL_CONFIG, rest?: string): Promise<TempProject> {
  const options = { name: "a.b", exportName: "ab", input, ...(rest === undefined ? {} : { rest }) };
  const made = tempProject({ "taskora.config.ts": config, "contracts/a.ts": contractText(options) });
  projects.push(made);
  await generate({ cwd: made.dir });
  return made;
}

const STRICT = "z.object({ user: z.array(z.strictObject({ id: z.string() })), n: z.number().catch(1) })";

describe("taskora check on contracts", () => {
  it("fails on a strict object and a catch, with their places and what to do", async () => {
    const made = await project(STRICT);
    const { code, stderr } = await made.taskora("check");
    expect(code).toBe(4);
    expect(stderr).toContain("  a.b input.user[]\n  A strict object is on the wire");
    expect(stderr).toContain("  a.b input.n\n  z.catch() is on the wire");
    expect(stderr).toContain("contracts/a.ts:6");
    expect(stderr).toContain('set lint: { "strict-object": "off" } in the config');
  });

  it("warns of loose objects, coercion and values of any kind, and passes", async () => {
    const made = await project(
      "z.object({ free: z.looseObject({ id: z.string() }), n: z.coerce.number(), list: z.array(z.unknown()) })",
    );
    const { code, stderr } = await made.taskora("check");
    expect(code).toBe(0);
    expect(stderr).toContain(
      "  a.b input.free\n  A loose object is on the wire: keys that nobody declared travel",
    );
    expect(stderr).toContain('  a.b input.n\n  The value is coerced: null, "" and lists turn into a value');
    expect(stderr).toContain("  a.b input.list[]\n  The value may be anything");
    const { findings } = await check({ cwd: made.dir });
    expect(findings.map((finding) => [finding.code, finding.severity])).toEqual([
      ["LINT_LOOSE_OBJECT", "warning"],
      ["LINT_COERCE", "warning"],
      ["LINT_ANY", "warning"],
    ]);
  });

  it("makes an error of a warning when asked, and knows no other rules", async () => {
    const lint = '  lint: { any: "error" },\n';
    const config = FULL_CONFIG.replace("  outputs:", `${lint}  outputs:`);
    const made = await project("z.object({ a: z.any() })", config);
    expect((await made.taskora("check")).code).toBe(4);
    made.write({ "taskora.config.ts": config.replace("any:", "anny:") });
    const { code, stderr } = await made.taskora("check");
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean "any"');
  });

  it("follows the config", async () => {
    const lint = '  lint: { "strict-object": "off", catch: "warning" },\n';
    const made = await project(STRICT, FULL_CONFIG.replace("  outputs:", `${lint}  outputs:`));
    const { findings } = await check({ cwd: made.dir });
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([["LINT_CATCH", "warning"]]);
  });

  it("names each place once, whatever leads to it", async () => {
    const made = await project(
      `z.object({
        either: z.union([z.object({ n: z.coerce.number() }), z.object({ n: z.coerce.number(), b: z.string() })]),
        byId: z.record(z.string(), z.tuple([z.string(), z.looseObject({})])),
        rest: z.tuple([z.string()], z.any()),
        free: z.object({}).catchall(z.unknown().nullable()),
      })`,
    );
    const { findings } = await check({ cwd: made.dir });
    expect(findings.map(({ code, task, path }) => `${code} ${task} ${path}`)).toEqual([
      "LINT_COERCE a.b input.either.n",
      "LINT_LOOSE_OBJECT a.b input.byId[*][1]",
      "LINT_ANY a.b input.rest[]",
      "LINT_ANY a.b input.free[*]",
    ]);
  });

  it("leaves unstable contracts alone", async () => {
    const made = await project(STRICT, FULL_CONFIG, "unstable: true");
    expect((await check({ cwd: made.dir })).findings).toEqual([]);
  });

  it("refuses undefined in a list when the contract is loaded", async () => {
    const made = await project("z.object({ a: z.array(z.string()) })");
    const input = "z.object({ a: z.array(z.string().optional()) })";
    made.write({ "contracts/a.ts": contractText({ name: "a.b", exportName: "ab", input }) });
    expect((await check({ cwd: made.dir })).findings.map(({ code }) => code)).toEqual(["UNDEFINED_IN_LIST"]);
  });

  it("says that a lock was edited or is gone, and which command writes it", async () => {
    const made = await project("z.object({ a: z.string() })");
    const lock = ".taskora/contracts/a.b.json";
    made.write({ [lock]: made.read(lock).replace('"name": "a.b"', '"name": "a.c"') });
    const [edited] = (await check({ cwd: made.dir })).findings;
    expect(edited).toMatchObject({ code: "OUTPUT_STALE", details: `stale   ${lock}` });
    expect(edited?.hint).toContain("taskora generate");
    made.remove(lock);
    const [missing] = (await check({ cwd: made.dir })).findings;
    expect(missing).toMatchObject({ code: "OUTPUT_STALE", details: `missing ${lock}` });
  });
});
