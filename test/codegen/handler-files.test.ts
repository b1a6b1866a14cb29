import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findHandlerUses } from "../../codegen/handler-files.js";
import { type TempProject, tempProject } from "./support/temp-project.js";

const projects: TempProject[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

/** `TypeName file:line:column` of every use in a handlers folder beside `gen`. */
function usesIn(files: Record<string, string>): string[] {
  const project = tempProject(files);
  projects.push(project);
  const uses = findHandlerUses(join(project.dir, "handlers"), join(project.dir, "gen"));
  return uses.map(({ typeName, at }) => {
    return `${typeName} ${at.file.slice(project.dir.length + 1)}:${at.line}:${at.column}`;
  });
}

describe("findHandlerUses", () => {
  it("finds handler types however they are imported", () => {
    const text = [
      'import { NotImplementedError } from "taskora";',
      'import type { EmailSendHandler } from "../gen/index.js";',
      "import {",
      "  type ImageResizeHandler,",
      "  type ReportHandler as Renamed,",
      "} from '../gen/index';",
      'import { type OtherHandler } from "../elsewhere/index.js";',
      "",
    ].join("\n");
    expect(usesIn({ "handlers/all.ts": text })).toEqual([
      "EmailSend handlers/all.ts:2:15",
      "ImageResize handlers/all.ts:4:8",
      "Report handlers/all.ts:5:8",
    ]);
  });

  it("looks into folders, and at TypeScript only", () => {
    const text = (path: string): string => `import type { AHandler } from "${path}";\n`;
    const uses = usesIn({
      "handlers/deep/er/a.mts": text("../../../gen/tasks/a.js"),
      "handlers/a.md": text("../gen/index.js"),
      "handlers/view.tsx": text("../gen"),
    });
    expect(uses).toEqual(["A handlers/deep/er/a.mts:1:15", "A handlers/view.tsx:1:15"]);
  });

  it("finds nothing where there is no folder", () => {
    expect(usesIn({})).toEqual([]);
  });
});
