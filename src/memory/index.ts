/** The `taskora/memory` entry: an adapter that keeps jobs in this process. */
export { type MemoryAdapterOptions, memoryAdapter } from "./memory-adapter.js";
export { createMemoryStore, type MemoryStore } from "./memory-store.js";
