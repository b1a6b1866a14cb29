import { defineConfig } from "vite";

/** What is not needed for Home. */
const LATER =
  /src\/(pages\/(?!home|login)|operate\/(?!operations|actions)|forms\/|filter\/|words\/|workflow\/|parts\/(table|tabs|json-tree)|cli\/operate\/|board\/schema)/;

/** Names of files are hashes of what is in them, and every address is relative: the board may be mounted anywhere. */
export default defineConfig({
  base: "./",
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
    // All pages but Home come together when one of them is opened first: apart they would be a third larger.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "pages", test: LATER, priority: 1 },
            { name: "index", test: /./ },
          ],
          includeDependenciesRecursively: false,
        },
      },
    },
  },
});
