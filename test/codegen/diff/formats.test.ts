import { describe, expect, it } from "vitest";
import { formatDiff } from "../../../codegen/diff/formats/format.js";
import type { DiffFinding } from "../../../codegen/diff/judge/finding.js";
import { planRollout } from "../../../codegen/diff/judge/rollout.js";
import type { DiffReport } from "../../../codegen/diff/report/report.js";

const EDGES = {
  queuedJobs: "break",
  rollingDeploy: "ok",
  resultReaders: "ok",
  storedResults: "ok",
  messageReaders: "ok",
  storedMessages: "ok",
} as const;

/** A finding whose texts hold what each format must escape. */
const FINDING: DiffFinding = {
  id: "0123456789",
  rule: "TYPE_CHANGED",
  title: "A value has another type",
  task: "email.send",
  path: 'input["a|b"]',
  note: '`x` & <y> 100%, "z"\n::error::\u0007',
  severity: "error",
  edges: {
    queuedJobs: {
      verdict: "break",
      proof: {
        payload: { a: 1 },
        wire: { a: "x".repeat(300) },
        issues: [{ path: ["a"], message: "expected number" }],
      },
    },
  },
  at: { file: "/project/contracts/a,b.ts", line: 4, column: 2 },
};

const REPORT: DiffReport = {
  against: "git:main",
  policy: "workers-first",
  compared: 3,
  tasks: [
    {
      name: "email.send",
      oldVersion: 1,
      newVersion: 1,
      unstable: false,
      findings: [FINDING, { ...FINDING, id: "1", severity: "info", accepted: "it <is> fine" }],
      edges: EDGES,
      plan: planRollout(EDGES, { hasBump: false }),
    },
  ],
  plan: planRollout(EDGES, { hasBump: false }),
  conclusion: { kind: "breaking", text: "breaks jobs already queued" },
  checkerBugs: 0,
  endedApprovals: [],
  exitCode: 5,
};

const FINE = { kind: "fine", text: "nothing breaks" } as const;
const EMPTY: DiffReport = { ...REPORT, tasks: [], conclusion: FINE, exitCode: 0 };

function text(format: Parameters<typeof formatDiff>[1], report = REPORT): string {
  return formatDiff(report, format, "/project");
}

describe("the formats of a report", () => {
  it("escapes annotations so that nothing in a contract becomes a command", () => {
    const lines = text("github").split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("::error file=contracts/a%2Cb.ts,line=4,col=2,title=TYPE_CHANGED email.send");
    expect(lines[0]).toContain("100%25");
  });

  it("writes XML without characters that XML has no form for", () => {
    const junit = text("junit");
    expect(junit).toContain("&lt;y&gt; 100%, &quot;z&quot;&#10;::error::\ufffd");
    expect(junit).toContain('tests="2" failures="1"');
  });

  it("escapes Markdown and cuts long payloads", () => {
    const markdown = text("markdown");
    expect(markdown).toContain("\\`x\\` & \\<y\\> 100%");
    expect(markdown).toContain("(308 characters)");
    expect(markdown).toContain("Accepted: it \\<is\\> fine");
    expect(markdown).toContain('`input["a\\|b"]`');
  });

  it("writes SARIF with suppressions for what was accepted", () => {
    const sarif = JSON.parse(text("sarif")) as {
      runs: { results: { suppressions?: object[]; locations: object[]; level: string }[] }[];
    };
    const [first, second] = sarif.runs[0]?.results ?? [];
    expect(first).toMatchObject({
      level: "error",
      locations: [
        { physicalLocation: { artifactLocation: { uri: "contracts/a,b.ts" }, region: { startLine: 4 } } },
      ],
    });
    expect(second?.suppressions).toEqual([{ kind: "external", justification: "it <is> fine" }]);
  });

  it("writes JSON with relative paths", () => {
    const json = JSON.parse(text("json")) as DiffReport;
    expect(json.exitCode).toBe(5);
    expect(json.tasks[0]?.findings[0]?.at?.file).toBe("contracts/a,b.ts");
  });

  it("has something to say where nothing was changed", () => {
    expect(text("github", EMPTY)).toBe("");
    expect(text("markdown", EMPTY)).toContain("No contract was changed.");
    expect(text("junit", EMPTY)).toContain('tests="0" failures="0"');
    expect(JSON.parse(text("sarif", EMPTY))).toMatchObject({ runs: [{ results: [] }] });
  });
});
