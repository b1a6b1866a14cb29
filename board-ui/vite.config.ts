import { defineConfig, type Plugin } from "vite";

/** Vite loads styles of pages before them; here all styles are in one file, and pages are loaded as they are. */
const plainImports: Plugin = {
  name: "plain-imports",
  enforce: "pre",
  load: (id) =>
    id.endsWith("vite/preload-helper.js") ? "export const __vitePreload = (load) => load();" : null,
};

const shortElements: Plugin = {
  name: "short-elements",
  enforce: "pre",
  transform: (code, id) => (id.endsWith(".tsx") ? `import { h, Fragment } from "preact";\n${code}` : null),
};

/** Names of files are hashes of what is in them, and every address is relative: the board may be mounted anywhere. */
export default defineConfig({
  base: "./",
  plugins: [plainImports, shortElements],
  // Elements as h(type, props, ...children) are smaller than with children among their props.
  oxc: { jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" } },
  build: {
    target: "es2022",
    cssTarget: "esnext",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    sourcemap: false,
  },
});
