import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TempProject, tempProject } from "../codegen/support/temp-project.js";

const LOCKS = { ".taskora/contracts/email.send.json": "{}", ".taskora/contracts/image.resize.json": "{}" };
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

let project: TempProject;

beforeAll(async () => {
  project = tempProject({ ...LOCKS, "sub/folder/.keep": "", "my config.ts": "" });
  for (const shell of SHELLS) {
    const { code, stdout } = await project.taskora("completion", shell);
    expect(code).toBe(0);
    project.write({ [`taskora.${shell}`]: stdout });
  }
});

afterAll(() => project.dispose());

/** What the shell itself offers for a line; the last word is the one that is being typed. */
const OFFERS: Readonly<Record<Shell, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    "-c",
    `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _taskora; printf "%s\\n" "\${COMPREPLY[@]}"`,
    "bash",
    `${project.dir}/taskora.bash`,
    ...words,
  ],
  zsh: (words) => [
    "-fc",
    `compdef() { }
    compadd() { local -a given; [[ $1 == -a ]] && given=(\${(P)2}) || { shift; given=("$@"); }
      for word in $given; do [[ $word == $words[CURRENT]* ]] && print -r -- $word; done }
    _describe() { local -a given; given=(\${(P)4}); compadd -- \${given%%:*} }
    _files() { print -rl -- *(N) }
    source $1; shift; words=("$@"); CURRENT=$#; _taskora`,
    "zsh",
    `${project.dir}/taskora.zsh`,
    ...words,
  ],
  fish: (words) => [
    "--no-config",
    "-c",
    `source ${project.dir}/taskora.fish; complete -C '${words.join(" ")}' | string split -f 1 \\t`,
  ],
};

function offered(shell: Shell, words: readonly string[], cwd = project.dir): readonly string[] {
  const { stdout, stderr } = spawnSync(shell, OFFERS[shell](words), { cwd, encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

describe.each(SHELLS)("completion in %s", (shell) => {
  const isThere = spawnSync(shell, ["-c", "exit 0"]).status === 0;
  if (!isThere) console.warn(`${shell} is not installed: its completion is NOT tested here.`);
  const its = it.skipIf(!isThere);

  its("offers commands, and the one that was begun", () => {
    const commands = [
      ...["audit", "board", "check"],
      ...[
        "completion",
        "dev",
        "diff",
        "dispatch",
        "doctor",
        "errors",
        "explain",
        "export",
        "generate",
        "import",
        "init",
        "jobs",
      ],
      ...[
        "metrics",
        "migrate",
        "schedules",
        "status",
        "sync",
        "tail",
        "tasks",
        "top",
        "workers",
        "workflows",
      ],
    ];
    expect(offered(shell, ["taskora", ""])).toEqual(commands);
    expect(offered(shell, ["taskora", "ch"])).toEqual(["check"]);
    expect(offered(shell, ["taskora", "--json", "--cwd", "check", "di"])).toEqual(["diff", "dispatch"]);
    expect(offered(shell, ["taskora", "jobs", "re"])).toEqual(["remove", "reschedule", "retry"]);
  });

  its("offers flags of the command and of all commands", () => {
    expect(offered(shell, ["taskora", "diff", "--li"])).toEqual(["--limit", "--live"]);
    expect(offered(shell, ["taskora", "check", "--qu"])).toEqual(["--quiet"]);
    expect(offered(shell, ["taskora", "check", "--li"])).toEqual([]);
    expect(offered(shell, ["taskora", "jobs", "retry", "--wh"])).toEqual(["--where"]);
  });

  its("offers formats, rules and shells where they belong", () => {
    const formats = ["github", "junit", "markdown", "sarif", "text"];
    expect(offered(shell, ["taskora", "diff", "--format", ""])).toEqual(formats);
    expect(offered(shell, ["taskora", "explain", "FIELD_REN"])).toEqual(["FIELD_RENAME"]);
    expect(offered(shell, ["taskora", "completion", ""])).toEqual(["bash", "fish", "zsh"]);
  });

  its("offers tasks from the lock, in folders below it too", () => {
    const below = `${project.dir}/sub/folder`;
    expect(offered(shell, ["taskora", "diff", "--live", "--task", ""], below)).toEqual([
      "email.send",
      "image.resize",
    ]);
    expect(offered(shell, ["taskora", "diff", "--live", "--task", "im"])).toEqual(["image.resize"]);
  });

  its("offers files, spaces and all", () => {
    expect(offered(shell, ["taskora", "check", "-c", ""])).toContainEqual(
      expect.stringMatching(/^my.{1,2}config\.ts$/),
    );
  });
});

describe("taskora completion", () => {
  it("refuses a shell that it does not know", async () => {
    const { code, stderr } = await project.taskora("completion", "tcsh");
    expect(code).toBe(2);
    expect(stderr).toContain('expected bash, zsh, fish; got "tcsh"');
  });
});
