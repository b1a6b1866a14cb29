import type { DiffReport } from "../report/report.js";
import { formatGithub } from "./github.js";
import { formatJson } from "./json.js";
import { formatJunit } from "./junit.js";
import { formatMarkdown } from "./markdown.js";
import { formatSarif } from "./sarif.js";

/** Formats for other programs; text for people is written by the command line. */
export const DIFF_FORMATS = ["json", "github", "sarif", "junit", "markdown"] as const;

export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** Writes a report; paths are relative to `cwd`. */
export function formatDiff(report: DiffReport, format: DiffFormat, cwd: string): string {
  switch (format) {
    case "json":
      return formatJson(report, cwd);
    case "github":
      return formatGithub(report, cwd);
    case "sarif":
      return formatSarif(report, cwd);
    case "junit":
      return formatJunit(report);
    case "markdown":
      return formatMarkdown(report, cwd);
  }
}
