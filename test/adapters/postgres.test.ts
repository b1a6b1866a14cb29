import { postgresAdapter } from "taskora/postgres";
import { registerConformance } from "taskora/testing";
import { describe, it } from "vitest";
import { postgresKit } from "../support/postgres-kit.js";

// Cases wait for the server's clock most of the time, so they run side by side.
describe.concurrent("the Postgres adapter", () => {
  registerConformance({ adapter: postgresAdapter(), kit: postgresKit, it });
});
