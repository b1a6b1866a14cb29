/** Where `taskora init` puts things; paths are relative to the current folder. */
export interface InitAnswers {
  readonly contractsDir: string;
  readonly clientDir: string;
  readonly workerDir: string;
}

export const DEFAULT_ANSWERS: InitAnswers = {
  contractsDir: "contracts",
  clientDir: "src/tasks.gen",
  workerDir: "src/worker",
};

/** The text of a new `taskora.config.ts`. */
export function configText(answers: InitAnswers): string {
  const { contractsDir, clientDir, workerDir } = answers;
  return [
    'import { defineConfig } from "taskora/config";',
    "",
    "export default defineConfig({",
    `  contracts: [${JSON.stringify(`${contractsDir}/**/*.ts`)}],`,
    "  outputs: [",
    "    // For services that dispatch jobs: needs neither the contracts nor zod.",
    `    { kind: "client", dir: ${JSON.stringify(clientDir)} },`,
    "    // For the service that runs them; a handler file per task is created once and is yours.",
    `    { kind: "handlers", dir: ${JSON.stringify(`${workerDir}/tasks.gen`)}, stubs: ${JSON.stringify(`${workerDir}/handlers`)} },`,
    "  ],",
    "});",
    "",
  ].join("\n");
}

/** The text of the worker's main file, for the sample contract. */
export const SAMPLE_WORKER = `import { createTaskora } from "taskora";
import { redisAdapter } from "taskora/redis";
import { emailSend } from "./handlers/email-send.js";
import { implementTasks } from "./tasks.gen/index.js";

// taskora dev runs it without any Redis. Elsewhere it needs one, and npm install ioredis.
const taskora = createTaskora({
  adapter: redisAdapter(process.env.REDIS_URL ?? "redis://127.0.0.1:6379"),
});
implementTasks(taskora, { emailSend });
taskora.run(); // works until SIGINT or SIGTERM, then finishes what is active
`;

/** The text of the sample contract's handler. */
export const SAMPLE_HANDLER = `import type { EmailSendHandler } from "../tasks.gen/index.js";

export const emailSend: EmailSendHandler = async (input, ctx) => {
  ctx.log.info("sending", { to: input.to, locale: input.locale });
  return { messageId: \`\${ctx.id}@example.com\` };
};
`;

/** The text of a new `tsconfig.json`. Node's types are named: from TypeScript 6 on none are taken by themselves. */
export const SAMPLE_TSCONFIG = `{
  "compilerOptions": {
    "target": "es2022",
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true
  }
}
`;

/** The text of the sample contract. */
export const SAMPLE_CONTRACT = `import { defineTask } from "taskora/contract";
import * as z from "zod";

/** Sends one transactional e-mail. */
export const sendEmail = defineTask({
  name: "email.send",
  version: 1,
  input: z.object({
    to: z.email(),
    subject: z.string().max(200),
    locale: z.enum(["en", "de"]).default("en"),
  }),
  output: z.object({ messageId: z.string() }),
  retry: { attempts: 3, backoff: "exponential" },
  timeout: "30s",
});
`;
