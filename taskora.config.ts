import { defineConfig } from "taskora/config";

export default defineConfig({
  contracts: ["contracts/*.ts"],
  outputs: [
    { kind: "client", dir: "examples/shop/producer/tasks.gen" },
    { kind: "handlers", dir: "examples/shop/worker/tasks.gen", stubs: "examples/shop/worker/handlers" },
  ],
});
