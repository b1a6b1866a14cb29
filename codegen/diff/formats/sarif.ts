import { pathToFileURL } from "node:url";
import type { DiffFinding } from "../judge/finding.js";
import { describeEdges, headline, placeOf } from "../report/describe-finding.js";
import { allFindings, type DiffReport } from "../report/report.js";
import { RULES } from "../rules/rules.js";
import { relativePath } from "./relative.js";

const LEVELS = { error: "error", warning: "warning", info: "note" } as const;

/**
 * A log for code scanning.
 *
 * @see SARIF 2.1.0, OASIS standard
 */
export function formatSarif(report: DiffReport, cwd: string): string {
  const findings = allFindings(report);
  const used = [...new Set(findings.map((finding) => finding.rule))].sort();
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "taskora diff",
            informationUri: "https://www.npmjs.com/package/taskora",
            rules: used.map((id) => ({
              id,
              shortDescription: { text: RULES[id].title },
              fullDescription: { text: RULES[id].explanation },
            })),
          },
        },
        invocations: [{ executionSuccessful: true, exitCode: report.exitCode }],
        properties: { conclusion: report.conclusion },
        originalUriBaseIds: { PROJECT: { uri: `${pathToFileURL(cwd).href.replace(/\/$/, "")}/` } },
        results: findings.map((finding) => result(finding, { cwd, index: used.indexOf(finding.rule) })),
      },
    ],
  };
  return JSON.stringify(log, undefined, 2);
}

function result(finding: DiffFinding, place: { readonly cwd: string; readonly index: number }): object {
  const { at } = finding;
  const text = [`${placeOf(finding)}: ${headline(finding)}`, ...describeEdges(finding)].join("\n");
  const location =
    at === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: encodeURI(relativePath(at.file, place.cwd)), uriBaseId: "PROJECT" },
            region: { startLine: at.line, startColumn: at.column },
          },
        };
  const logicalLocations = [{ fullyQualifiedName: placeOf(finding), kind: "member" }];
  return {
    ruleId: finding.rule,
    ruleIndex: place.index,
    level: LEVELS[finding.severity],
    message: { text },
    locations: [{ ...location, logicalLocations }],
    partialFingerprints: { "taskoraChange/v1": finding.id },
    ...(finding.accepted === undefined
      ? {}
      : { suppressions: [{ kind: "external", justification: finding.accepted }] }),
  };
}
