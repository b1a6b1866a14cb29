import type { NextConfig } from "next";

const config: NextConfig = {
  // Drivers of stores are loaded when they are needed, which a bundle cannot foresee.
  serverExternalPackages: ["taskora"],
};

export default config;
