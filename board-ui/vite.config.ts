import { defineConfig } from "vite";

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
  },
});
