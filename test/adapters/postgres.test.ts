import { postgresAdapter } from "taskora/postgres";
import { registerConformance } from "taskora/testing";
import { describe, it, vi } from "vitest";
import { postgresKit } from "../support/postgres-kit.js";

// Four cases at once share the processors with their server: one of hundreds of rounds takes ten times as long as alone.
vi.setConfig({ testTimeout: 90_000, maxConcurrency: 4 });

// Cases wait for the server's clock most of the time, so they run side by side.
describe.concurrent("the Postgres adapter", () => {
  registerConformance({ adapter: postgresAdapter(), kit: postgresKit, it });
});
