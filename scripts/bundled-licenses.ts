/**
 * Writes the licences of what a build carries inside: every package of `node_modules` that esbuild put into a file
 * is named with its version and the text of its licence.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const HEAD =
  "The files of this folder contain code of the packages below, under the licences that are printed with them.\n";
const LICENSE_FILE = /^(licen[cs]e|copying)(\.|$)/i;

/** The part of an esbuild plugin that is used here. */
interface Build {
  readonly initialOptions: { metafile?: boolean };
  onEnd(callback: (result: { readonly metafile?: BundleInputs | undefined }) => void): void;
}

interface BundleInputs {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

/**
 * An esbuild plugin to be shared by all builds of one run.
 *
 * @param file what is written, anew after each build
 */
export function bundledLicenses(file: string): { readonly name: string; setup(build: Build): void } {
  const folders = new Set<string>();
  return {
    name: "bundled-licenses",
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        for (const folder of packageFolders(metafile)) folders.add(folder);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, [HEAD, ...[...folders].sort().map(section)].join(`\n${"-".repeat(80)}\n\n`));
      });
    },
  };
}

function packageFolders(bundle: BundleInputs | undefined): string[] {
  const inputs = Object.values(bundle?.outputs ?? {}).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([path, { bytesInOutput }]) => {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    return folder === undefined || bytesInOutput === 0 ? [] : [folder];
  });
}

/** @throws {Error} when a package has no licence that could be repeated */
function section(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => LICENSE_FILE.test(entry));
  if (file === undefined) throw new Error(`${name} is bundled but has no licence file in ${folder}.`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
