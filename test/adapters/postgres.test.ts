import { postgresAdapter } from "taskora/postgres";
import { registerConformance } from "taskora/testing";
import { describe, it, vi } from "vitest";
import { postgresKit } from "../support/postgres-kit.js";

// Sixty calls at once come over as many connections, and each learns the functions of the case's schema first.
vi.setConfig({ testTimeout: 90_000 });

// Cases wait for the server's clock most of the time, so they run side by side.
describe.concurrent("the Postgres adapter", () => {
  registerConformance({ adapter: postgresAdapter(), kit: postgresKit, it });
});
