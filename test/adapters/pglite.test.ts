import { postgresAdapter } from "taskora/postgres";
import { registerConformance } from "taskora/testing";
import { beforeAll, describe, it } from "vitest";
import { pgliteKit } from "../support/pglite-kit.js";

// Installs and starts it.
beforeAll(async () => void (await pgliteKit()), 300_000);

describe("the Postgres adapter over PGlite", () => {
  registerConformance({ adapter: postgresAdapter(), kit: pgliteKit, it });
});
