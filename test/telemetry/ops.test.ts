import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FAMILIES, type FamilyKey, kindOf, MODES } from "../../src/prometheus/families.js";
import { telemetryClients } from "./clients.js";

interface Node {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly type: { readonly isError: boolean };
}

const clients = telemetryClients();
const { parser } = clients("@prometheus-io/lezer-promql") as {
  parser: { parse(text: string): { iterate(spec: { enter(node: Node): void }): void } };
};
const { parse: parseYaml } = clients("yaml") as { parse(text: string): unknown };

/** What a query of PromQL names, and whether it is one. */
function metricsOf(query: string): { readonly isValid: boolean; readonly names: readonly string[] } {
  let isValid = true;
  const names: string[] = [];
  let selector = false;
  parser.parse(query).iterate({
    enter({ name, from, to, type }) {
      if (type.isError) isValid = false;
      if (selector && name === "Identifier") names.push(query.slice(from, to));
      selector = name === "VectorSelector";
    },
  });
  return { isValid, names };
}

const EMITTED = new Set(
  (Object.keys(FAMILIES) as FamilyKey[]).flatMap((key) => {
    const { name, type } = kindOf(key);
    if (type === "counter") return [`${name}_total`];
    return type === "gauge" ? [name] : [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  }),
);

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}

const alerts = parseYaml(readFileSync("ops/alerts.yaml", "utf8")) as { groups: { rules: Rule[] }[] };
const rules = alerts.groups.flatMap((group) => group.rules);
const board = JSON.parse(readFileSync("ops/grafana.json", "utf8")) as {
  panels: { id: number; title: string; targets: { expr: string }[] }[];
};
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...board.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [title, expr.replaceAll("$__rate_interval", "5m")] as const),
  ),
];

describe("the files of ops", () => {
  it("have eight alerts with a summary, and panels with ids of their own", () => {
    expect(rules).toHaveLength(8);
    expect(rules.every(({ annotations }) => annotations.summary.length > 10)).toBe(true);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    expect(board.panels.length).toBeGreaterThan(10);
  });

  it.each(queries)("%s asks in PromQL for what is exported", (_, query) => {
    const { isValid, names } = metricsOf(query);
    expect(isValid, query).toBe(true);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !EMITTED.has(name))).toEqual([]);
  });

  it("are told from queries that are none, and from metrics that nobody exports", () => {
    expect(metricsOf("sum by (task) (rate(x[5m])").isValid).toBe(false);
    expect(metricsOf("rate(taskora_nope_total[5m])").names).toEqual(["taskora_nope_total"]);
    expect([...MODES.process, ...MODES.store].every((key) => key in FAMILIES)).toBe(true);
  });
});
