import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONFIG = `import { defineConfig } from "taskora/config";
export default defineConfig({
  contracts: ["contracts/**/*.ts"],
  outputs: [
    { kind: "client", dir: "producer/tasks.gen" },
    { kind: "handlers", dir: "worker/tasks.gen", stubs: "worker/handlers" },
  ],
});
`;

const TSCONFIG = `{
  "compilerOptions": { "target": "ES2022", "module": "NodeNext", "strict": true, "skipLibCheck": true, "noEmit": true,
    "types": ["node"] },
  "include": ["producer"]
}
`;

/** A contract of medium size: a dozen fields, two levels, a union, defaults, an array of objects. */
function contract(index: number): string {
  return `import { defineTask } from "taskora/contract";
import * as z from "zod";

/** Order ${index}. */
export const order${index} = defineTask({
  name: "order.place-${index}",
  input: z.object({
    orderId: z.uuid(),
    customer: z.object({ id: z.string().min(1), email: z.email(), locale: z.enum(["en", "de", "fr"]).default("en") }),
    items: z.array(z.object({ sku: z.string(), quantity: z.int().min(1), note: z.string().max(200).optional() })).min(1),
    payment: z.discriminatedUnion("method", [
      z.object({ method: z.literal("card"), token: z.string() }),
      z.object({ method: z.literal("invoice"), vatId: z.string().nullable() }),
    ]),
    placedAt: z.iso.datetime(),
    tags: z.record(z.string(), z.string()).default({}),
    express: z.boolean().optional(),
  }),
  output: z.object({ total: z.number().min(0), currency: z.string().length(3), steps: z.array(z.string()) }),
  retry: { attempts: 3, backoff: "exponential" },
  timeout: "30s",
});
`;
}

/** A producer that uses the first `tasks` of the generated clients. */
export function producerText(tasks: number): string {
  const uses = Array.from({ length: tasks }, (_, index) => {
    const payload =
      '{ orderId: "", customer: { id: "", email: "" }, items: [], payment: { method: "card", token: "" }, placedAt: "" }';
    return `  total += (await tasks.orderPlace${index}.dispatch(${payload}).result).total;\n`;
  });
  return `import { createTaskora } from "taskora";
import { memoryAdapter } from "taskora/memory";
import { createClient } from "./tasks.gen/index.js";

const taskora = createTaskora({ adapter: memoryAdapter() });
const tasks = createClient(taskora);
export async function run(): Promise<number> {
  let total = 0;
${uses.join("")}  return total;
}
`;
}

/** Creates a project of `count` contracts in a temporary folder and returns the folder. */
export function createProject(count: number, repository: string): string {
  const dir = mkdtempSync(join(tmpdir(), "taskora-bench-"));
  for (const folder of ["contracts", "producer", "tmp", "node_modules/@types"]) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  symlinkSync(repository, join(dir, "node_modules", "taskora"));
  symlinkSync(join(repository, "node_modules", "zod"), join(dir, "node_modules", "zod"));
  symlinkSync(
    join(repository, "node_modules", "@types", "node"),
    join(dir, "node_modules", "@types", "node"),
  );
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(dir, "tsconfig.json"), TSCONFIG);
  writeFileSync(join(dir, "taskora.config.ts"), CONFIG);
  for (let index = 0; index < count; index++) {
    writeFileSync(join(dir, "contracts", `order-${index}.ts`), contract(index));
  }
  return dir;
}
