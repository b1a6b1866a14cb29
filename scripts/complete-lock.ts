/**
 * Completes package-lock.json after a dependency was added. npm leaves a platform's optional package out of the lock
 * when the registry in use does not serve it, and `npm ci` then refuses the lock. An entry with version, os and cpu is
 * all that `npm ci` needs to see that the package is not for this machine. Run: `npx tsx scripts/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

interface Lock {
  packages: Record<string, LockEntry>;
}

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "x64",
  "wasm32",
];
/** Names that package authors use for the same processors. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  armv7: "arm",
  "arm-": "arm",
  ppc64le: "ppc64",
  loongarch64: "loong64",
};

function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const plain = Object.entries(OTHER_NAMES).reduce(
    (text, [other, usual]) => text.replace(other, `${usual}-`),
    name,
  );
  const has = (word: string) => new RegExp(`(^|[-/])${word}([-]|$)`).test(plain);
  const os = SYSTEMS.filter(has);
  const cpu = PROCESSORS.filter(has);
  const libc = has("musl") || /musl/.test(plain) ? ["musl"] : [];
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 && os.includes("linux") ? { libc } : {}),
  };
}

function complete(path: string): number {
  const lock = JSON.parse(readFileSync(path, "utf8")) as Lock;
  let added = 0;
  for (const entry of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      const platform = platformOf(name);
      const isKnown = Object.keys(lock.packages).some((other) => other === key || other.endsWith(`/${key}`));
      if (isKnown || !/^\d/.test(version) || (platform.os ?? platform.cpu) === undefined) continue;
      lock.packages[key] = { version, ...(entry.dev ? { dev: true } : {}), optional: true, ...platform };
      added += 1;
    }
  }
  if (added > 0) {
    const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
    lock.packages = Object.fromEntries(sorted);
    writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  }
  return added;
}

for (const path of process.argv.length > 2 ? process.argv.slice(2) : ["package-lock.json"]) {
  process.stdout.write(`${path}: ${complete(path)} entries added\n`);
}
