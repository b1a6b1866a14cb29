import { postgresKit } from "../support/postgres-kit.js";
import { describeComparison } from "./comparison/compare.js";
import { kitWithout } from "./comparison/declined.js";

const LIMITS = ["limits", "rates", "groups", "collect", "overrides"] as const;

describeComparison({
  name: "Postgres, without workflows,",
  kit: postgresKit,
  seed: 20_260_120,
  workflows: "in none",
  runs: 10,
});

describeComparison({
  name: "Postgres, with workflows",
  kit: async (startAt) => kitWithout(await postgresKit(startAt), LIMITS),
  seed: 20_260_120,
  workflows: "in half of them",
  declines: LIMITS,
  runs: 10,
});
