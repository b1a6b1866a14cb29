import type { Reporter, TestModule } from "vitest/node";

/** A run of fewer files is somebody's look at a part, who needs no list of the slowest. */
const MANY_FILES = 100;
const SLOWEST = 15;

/** Closes a run with the slowest files of a large one, and one plain line that scripts can read: `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let brokenModules = 0;
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) brokenModules += 1;
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
    }
    const failed = counts.failed + counts.pending + brokenModules;
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    if (modules.length >= MANY_FILES) process.stdout.write(slowest(modules));
    process.stdout.write(`\n${counts.passed} passed, ${failed} failed${skipped}\n`);
  }
}

function slowest(modules: readonly TestModule[]): string {
  const rows = modules.map((module) => {
    const { collectDuration, duration } = module.diagnostic();
    return { name: `${module.project.name} ${module.relativeModuleId}`, ms: collectDuration + duration };
  });
  const first = rows.sort((one, other) => other.ms - one.ms).slice(0, SLOWEST);
  const lines = first.map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}\n`);
  return `\nSlowest files, loading included:\n${lines.join("")}`;
}
