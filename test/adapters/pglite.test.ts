import { postgresAdapter } from "taskora/postgres";
import { beforeAll, describe, it } from "vitest";
import { conformanceCases } from "../../src/testing/conformance/index.js";
import { registerCases } from "../../src/testing/conformance/register.js";
import { pgliteKit } from "../support/pglite-kit.js";

// Installs and starts it.
beforeAll(async () => void (await pgliteKit()), 300_000);

/** It has one connection, so the list takes long; what a server does not check in it is how PGlite answers. */
const SOME = 8;

describe("the Postgres adapter over PGlite", () => {
  const cases =
    process.env.PGLITE_CASES === "all"
      ? conformanceCases
      : conformanceCases.filter((_, nth) => nth % SOME === 0);
  registerCases(cases, { adapter: postgresAdapter(), kit: pgliteKit, it });
});
