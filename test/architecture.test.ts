import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LONGEST_FILE = 450;
const LONGEST_FUNCTION = 70;

/** Folder → the folders it may import beside itself. Core is pure, so everybody may. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/schema": ["src/core/errors.ts"],
  "src/core": ["src/schema"],
  "src/worker": ["src/core", "src/schema"],
  "src/app": ["src/core", "src/schema", "src/worker"],
  "src/memory": ["src/core"],
  "src/redis": ["src/core"],
  "src/postgres": ["src/core"],
  "src/testing": ["src/core", "src/schema", "src/app", "src/worker", "src/memory"],
  "src/adapter": ["src/core"],
  "src/contract": ["src/core", "src/schema"],
  "src/otel": ["src/core", "src/app"],
  "src/prometheus": ["src/core", "src/app"],
  "src/logging": ["src/core", "src/app", "src/worker"],
  "src/board": ["src/core", "src/app", "src/prometheus"],
  "src/nest": ["src/core", "src/app", "src/worker", "src/board"],
  "src/fastify": ["src/core", "src/app", "src/board", "src/prometheus"],
  "src/workflow": ["src/core", "src/app"],
  "src/generated": ["src/core", "src/schema", "src/app", "src/worker"],
  "src/config": ["codegen"],
  "src/codegen": ["codegen"],
  // Words for people and lengths of jobs are the same in the terminal and on the board.
  "src/cli": ["codegen/commands.ts", "src/core/job-lengths.ts", "src/core/words.ts"],
  "src/index.ts": ["src/core", "src/schema", "src/app", "src/worker"],
  codegen: ["src/core", "src/schema"],
};

/** Packages a folder may name; every folder but core may use what Node has built in. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  "src/cli": [
    ...[
      "taskora",
      "taskora/adapter",
      "taskora/board",
      "taskora/contract",
      "taskora/memory",
      "taskora/postgres",
      "taskora/prometheus",
      "taskora/redis",
    ],
    ...["commander", "picocolors"],
  ],
  "src/app": ["croner"],
  "src/otel": ["@opentelemetry"],
  // Nest has its decorators and tokens by identity: they have to be those that the application imports.
  "src/nest": ["@nestjs"],
  codegen: ["ts-morph", "tinyglobby", "tsx", "zod", "taskora/contract"],
};

interface Import {
  readonly from: string;
  /** A path in the project, or the name of a package. */
  readonly to: string;
  readonly isRelative: boolean;
  /** Erased when compiled. */
  readonly isType: boolean;
  /** `import()` in a function: loaded when it is needed. */
  readonly isDynamic: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name).split(sep).join("/"));
}

const FILES = [...sources("src"), ...sources("codegen")];
const HAND_WRITTEN = FILES.filter((file) => !file.endsWith(".generated.ts"));
const TREES = new Map(
  FILES.map((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [file, ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)] as const;
  }),
);

function folderOf(file: string): string {
  const parts = file.split("/");
  return parts[0] === "src" ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Pick<Import, "isType" | "isDynamic">) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isRelative = specifier.text.startsWith(".");
    found.push({
      from: file,
      to: isRelative ? resolve(file, specifier.text) : specifier.text,
      isRelative,
      ...kind,
    });
  };
  visit(TREES.get(file) as ts.SourceFile, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, {
        isType: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
        isDynamic: false,
      });
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, { isType: node.isTypeOnly, isDynamic: false });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], { isType: false, isDynamic: true });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, { isType: true, isDynamic: false });
    }
  });
  return found;
}

/** As the compiler resolves it. */
function resolve(file: string, specifier: string): string {
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const { resolvedModule } = ts.resolveModuleName(specifier, join(ROOT, file), options, ts.sys);
  if (resolvedModule === undefined) throw new Error(`${file} imports ${specifier}, which does not exist`);
  return relative(ROOT, resolvedModule.resolvedFileName).split(sep).join("/");
}

const IMPORTS = FILES.flatMap(importsOf);

describe("imports", () => {
  it("are covered by the table, folder by folder", () => {
    expect([...new Set(FILES.map(folderOf))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it("stay within what each folder may import", () => {
    const broken = IMPORTS.filter(({ from, to, isRelative }) => {
      if (!isRelative || folderOf(from) === folderOf(to)) return false;
      return !(MAY_IMPORT[folderOf(from)] ?? []).some((allowed) => to.startsWith(allowed));
    });
    expect(broken.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it("name only packages their folder may use", () => {
    const broken = IMPORTS.filter(({ from, to, isRelative }) => {
      if (isRelative) return false;
      if (to.startsWith("node:")) return folderOf(from) === "src/core";
      const name = to.startsWith("taskora/") ? to : to.split("/")[0];
      return !(MAY_USE[folderOf(from)] ?? []).includes(name ?? "");
    });
    expect(broken.filter(({ isDynamic }) => !isDynamic)).toEqual([]);
    expect(new Set(broken.map(({ from, to }) => `${folderOf(from)} ${to}`))).toEqual(
      new Set(["src/redis ioredis", "src/postgres pg"]),
    );
  });

  it("leave core without what only Node has: its bytes are Uint8Array", () => {
    const users = FILES.filter((file) => /^src\/(core|schema)\//.test(file)).filter((file) => {
      let isUsed = false;
      visit(TREES.get(file) as ts.SourceFile, (node) => {
        if (ts.isIdentifier(node) && node.text === "Buffer") isUsed = true;
      });
      return isUsed;
    });
    expect(users).toEqual([]);
  });

  it("form no cycle, those of types included", () => {
    // In the app the client of a task, its handles and the parts of workflows still know each other's types.
    const isCounted = ({ from, to, isType }: Import) =>
      !isType || !(from.startsWith("src/app/") && to.startsWith("src/app/"));
    const edges = new Map(
      FILES.map((file) => [
        file,
        IMPORTS.filter((edge) => edge.from === file && edge.isRelative && isCounted(edge)),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (file: string, path: readonly string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (done.has(file) || path.includes(file)) return;
      for (const { to } of edges.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of FILES) walk(file, []);
    expect(cycles).toEqual([]);
  });

  it("of what a service runs reach no package but Node's own and the cron parser, which is built in", () => {
    for (const entry of [
      "src/index.ts",
      ...[
        "adapter",
        "config",
        "contract",
        "workflow",
        "generated",
        "memory",
        "redis",
        "postgres",
        "testing",
        "otel",
        "prometheus",
        "logging",
        "board",
        "nest",
        "fastify",
      ].map((name) => `src/${name}/index.ts`),
    ]) {
      const reached = new Set<string>();
      const packages = new Set<string>();
      const follow = (file: string) => {
        if (reached.has(file)) return;
        reached.add(file);
        for (const { from, to, isRelative, isType, isDynamic } of IMPORTS) {
          if (from !== file || isType || isDynamic) continue;
          if (isRelative) follow(to);
          else packages.add(to);
        }
      };
      follow(entry);
      expect(
        [...packages].filter((name) => !name.startsWith("node:") && name !== "croner"),
        entry,
      ).toEqual(entry === "src/nest/index.ts" ? ["@nestjs/common", "@nestjs/core"] : []);
    }
  });
});

describe("entry points", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const entries = Object.keys(manifest.exports).filter((key) => key !== "./package.json");

  it("are the folders of src with an index of their name", () => {
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, "src", entry.name, "index.ts")))
      .map((entry) => `./${entry.name}`);
    expect(entries.sort()).toEqual([".", ...folders].sort());
  });

  it("export by name, never all of a file and never a default", () => {
    const loose: string[] = [];
    for (const [file, tree] of TREES) {
      for (const statement of tree.statements) {
        const isStar = ts.isExportDeclaration(statement) && statement.exportClause === undefined;
        const isDefault =
          ts.isExportAssignment(statement) ||
          (ts.canHaveModifiers(statement) &&
            (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword));
        if (isStar || isDefault) loose.push(`${file}: ${statement.getText().slice(0, 60)}`);
      }
    }
    expect(loose).toEqual([]);
  });
});

describe("files", () => {
  it("have names in kebab-case that say what is in them", () => {
    const odd = FILES.filter(
      (file) => !file.split("/").every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.generated)?(\.ts)?$/.test(part)),
    );
    expect(odd).toEqual([]);
    expect(FILES.filter((file) => /\/(utils?|helpers?|types|common|misc)(\.ts|\/)/.test(file))).toEqual([]);
  });

  it(`have at most ${LONGEST_FILE} lines`, () => {
    const long = HAND_WRITTEN.map(
      (file) => [file, (TREES.get(file)?.text.split("\n").length ?? 0) - 1] as const,
    );
    expect(long.filter(([, lines]) => lines > LONGEST_FILE)).toEqual([]);
  });

  it(`have functions of at most ${LONGEST_FUNCTION} lines`, () => {
    const long: string[] = [];
    for (const file of HAND_WRITTEN) {
      const tree = TREES.get(file) as ts.SourceFile;
      visit(tree, (node) => {
        if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
        const line = (at: number) => tree.getLineAndCharacterOfPosition(at).line;
        const lines = line(node.end) - line(node.getStart()) + 1;
        if (lines > LONGEST_FUNCTION) long.push(`${file}:${line(node.getStart()) + 1} (${lines} lines)`);
      });
    }
    expect(long).toEqual([]);
  });
});

/** Where the time of day is read because a point in time is meant, and which. Lengths of time are monotonic. */
const READS_TIME_OF_DAY: Readonly<Record<string, string>> = {
  "src/app/app-parts.ts": "the moment that a job's id sorts by",
  "src/app/operate/chosen-jobs.ts": "compared with moments of jobs, as filters ask",
  "src/app/operate/store-info.ts": "compared with the clock of a server",
  "src/app/operate/measures.ts": "which moments are asked for where nobody says",
  "src/app/operate/jobs.ts": "the moment that many jobs are rescheduled to",
  "src/app/schedules/app-schedules.ts": "whether the last time of a cron expression is past",
  "src/app/dispatch/task-client.ts": "how long a job waits that is due at a given moment",
  "src/app/dispatch/producer-context.ts": "when something was changed by hand",
  "src/app/handles/results.ts": "compared with the moment a job expires, as the store told it",
  "src/board/observe/examine.ts":
    "waits of jobs and lateness of schedules are told against the store's moments",
  "src/board/observe/observer.ts": "the same, over a store that does not tell its time",
  "src/board/bulk/operations.ts": "when a change of many jobs began and ended",
  "src/board/access/sessions.ts": "how old a signed session is, whichever process made it",
  "src/redis/verbs/insert-jobs.ts": "bounds a given moment",
  "src/redis/verbs/workflow-store.ts": "bounds a given moment",
  "src/testing/conformance/insert-cases.ts": "a moment in a year",
  "src/worker/job-execution.ts": "compared with the moment a job was stored",
};
/** A store within this process has a clock of its own, and stores moments; so does what looks into it. */
const STORES_MOMENTS = ["src/memory/", "src/testing/store-view.ts"];
/** Timers of connections are bounded by settings of theirs; patience is that of a test. */
const OWN_TIMERS = ["src/redis/", "src/postgres/", "src/testing/conformance/patience.ts"];

describe("time", () => {
  const CLOCK = "src/core/clock.ts";

  /** Calls of `owner.name()`, or of `name()`, in `src`. */
  function calls(isOne: (callee: ts.Expression) => boolean): string[] {
    const found: string[] = [];
    for (const [file, tree] of TREES) {
      if (!file.startsWith("src/") || file === CLOCK) continue;
      visit(tree, (node) => {
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
        if (ts.isCallExpression(node) && isOne(node.expression)) found.push(`${file}:${line + 1}`);
      });
    }
    return found;
  }

  const isMember = (callee: ts.Expression, owner: RegExp, name: string) =>
    ts.isPropertyAccessExpression(callee) &&
    callee.name.text === name &&
    owner.test(callee.expression.getText());

  it("of the machine is read by the clock alone", () => {
    const dates: string[] = [];
    for (const [file, tree] of TREES) {
      if (!file.startsWith("src/") || file === CLOCK) continue;
      visit(tree, (node) => {
        const isNow = ts.isNewExpression(node) && node.expression.getText() === "Date";
        if (isNow && (node.arguments?.length ?? 0) === 0) dates.push(file);
      });
    }
    expect([...calls((callee) => isMember(callee, /^(globalThis\.)?Date$/, "now")), ...dates]).toEqual([]);
  });

  it("of day is read only for a point in time, each with its reason", () => {
    const readers = calls((callee) => isMember(callee, /clock$/i, "now"))
      .map((place) => place.replace(/:\d+$/, ""))
      .filter((file) => !STORES_MOMENTS.some((folder) => file.startsWith(folder)));
    expect(readers.sort()).toEqual(Object.keys(READS_TIME_OF_DAY).sort());
  });

  it("stands still for fake timers, which hold back no turn of the event loop", () => {
    const turns = calls((callee) => /^(globalThis\.)?(setImmediate|queueMicrotask)$/.test(callee.getText()));
    expect(turns).toEqual([]);
  });

  it("is waited for by timers of the clock, which may be of any length", () => {
    const timers = calls((callee) => /^(globalThis\.)?setTimeout$/.test(callee.getText()));
    expect(timers.filter((file) => !OWN_TIMERS.some((folder) => file.startsWith(folder)))).toEqual([]);
  });
});
