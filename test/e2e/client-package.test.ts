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

  it("type-checks in a clean project, and refuses a wrong payload", async () => {
    writeFileSync(join(service, "main.ts"), MAIN);
    const flags = "--noEmit --strict --module nodenext --target es2022 --lib es2023,esnext.disposable,dom";
    const tsc = join(repository, "node_modules/typescript/bin/tsc");
    const { stdout, code } = await runNode([tsc, ...flags.split(" "), "main.ts"], service);
    expect(stdout).toBe("");
    expect(code).toBe(0);
  });

  it("dispatches from a clean project", async () => {
    writeFileSync(
      join(service, "main.mjs"),
      MAIN.replace(/: EmailSendInput|type EmailSendInput|: \{ readonly code\?: string \}/g, ""),
    );
    const { stdout, stderr } = await runNode(["main.mjs"], service);
    expect(stderr).toBe("");
    expect(stdout).toBe("email.send VALIDATION_FAILED\n");
  });
});
