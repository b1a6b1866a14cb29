import { declinedBy } from "taskora/adapter";
import { postgresAdapter } from "taskora/postgres";
import { postgresKit } from "../support/postgres-kit.js";
import { describeComparison } from "./comparison/compare.js";

const declines = declinedBy(postgresAdapter());

describeComparison({
  name: "Postgres",
  kit: postgresKit,
  seed: 20_260_120,
  workflows: declines.includes("workflows") ? "in none" : "in half of them",
  declines,
  runs: 40,
});
