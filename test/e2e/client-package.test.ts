import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../codegen/generate.js";
import { contractText, runNode, type TempProject, tempProject } from "../codegen/support/temp-project.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));

let contracts: TempProject;
let service: string;

/** Packs a folder as it would be published, and gives the file. */
function pack(dir: string): string {
  const text = execFileSync("npm", ["pack", "--json", "--pack-destination", service, dir], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(text) as readonly { readonly filename: string }[];
  return join(service, packed?.filename ?? "");
}

const MAIN = `import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createClient, type EmailSendInput } from "@acme/tasks";

const taskora = createTaskora({ adapter: memoryAdapter() });
const tasks = createClient(taskora);
const input: EmailSendInput = { to: "ada@example.com" };
const job = await tasks.emailSend.dispatch(input);
const refused: { readonly code?: string } = await tasks.emailSend
  .dispatch({ to: "nobody" })
  .then(() => ({}), (error: { readonly code?: string }) => error);
console.log(job.task, refused.code);
// @ts-expect-error a key that the contract does not name
const wrong: EmailSendInput = { too: "ada@example.com" };
void wrong;
await taskora.close();
`;

/** The same in CommonJS, which has no top-level await. */
const REQUIRED = MAIN.replace(
  /(\nconst taskora = [\s\S]*)$/,
  "\nasync function main(): Promise<void> {$1}\nvoid main();\n",
);

beforeAll(async () => {
  if (!existsSync(join(repository, "dist/index.js")))
    throw new Error("There is no dist/. Run npm run build.");
  service = mkdtempSync(join(tmpdir(), "taskora-service-"));
  contracts = tempProject({
    "contracts/email.ts": contractText({
      name: "email.send",
      exportName: "sendEmail",
      input: "z.object({ to: z.email() })",
    }),
  });
  await generate({
    cwd: contracts.dir,
    config: {
      contracts: "contracts/*.ts",
      outputs: [{ kind: "package", dir: "packages/tasks", name: "@acme/tasks", version: "1.4.0" }],
    },
  });
  writeFileSync(join(service, "package.json"), '{ "type": "module", "private": true }\n');
  const tarballs = [pack(repository), pack(join(contracts.dir, "packages/tasks"))];
  const install = ["install", "--offline", "--no-audit", "--no-fund", ...tarballs];
  execFileSync("npm", install, { cwd: service, stdio: "ignore" });
}, 120_000);

afterAll(() => {
  contracts?.dispose();
  rmSync(service, { recursive: true, force: true });
});

describe("a client package installed from a tarball", () => {
  it("holds neither contracts nor a schema library", () => {
    for (const [path, text] of Object.entries(contracts.files("packages/tasks"))) {
      expect(text, path).not.toMatch(/from "zod|defineTask/);
    }
    expect(existsSync(join(service, "node_modules/zod"))).toBe(false);
    expect(existsSync(join(service, "node_modules/@acme/tasks/.taskora.json"))).toBe(false);
    expect(existsSync(join(service, "node_modules/@acme/tasks/validators/email-send.js"))).toBe(true);
  });

  it.each(["main.mts", "main.cts"])("type-checks and dispatches from %s", async (file) => {
    writeFileSync(join(service, file), file.endsWith(".mts") ? MAIN : REQUIRED);
    const flags = "--strict --module nodenext --target es2022 --lib es2023,esnext.disposable,dom";
    const tsc = join(repository, "node_modules/typescript/bin/tsc");
    expect(await runNode([tsc, ...flags.split(" "), file], service)).toMatchObject({ stdout: "", code: 0 });
    const { stdout, stderr } = await runNode([file.replace("ts", "js")], service);
    expect(stderr).toBe("");
    expect(stdout).toBe("email.send VALIDATION_FAILED\n");
  });
});
