/** Runs the editor in one process: `node --import tsx examples/applications/editor/main.ts`. */
import { setTimeout as wait } from "node:timers/promises";
import { memoryAdapter } from "taskora/memory";
import { redisAdapter } from "taskora/redis";
import { openEditor } from "./app.js";
import { serve } from "./server.js";

const url = process.env.REDIS_URL;
const editor = openEditor(url === undefined ? memoryAdapter() : redisAdapter(url), {
  misspelt: async (text) => text.split(" ").filter((word) => word.includes("teh")),
  suggest: async (text, signal, say) => {
    const words = `${text.trim()} (shorter, please)`.split(" ");
    for (const word of words) {
      await wait(100, undefined, { signal });
      say(word);
    }
    return words.join(" ");
  },
});
await editor.taskora.start();
const server = serve(editor).listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log("listening on", server.address());
});
process.once("SIGINT", async () => {
  server.close();
  await editor.taskora.close();
});
