/** Runs for every test file, also in a process that several of them share. */
import { afterAll } from "vitest";
import { endAll } from "./ends-with-file.js";
import { stopSharedRedis } from "./redis-server.js";

afterAll(stopSharedRedis);
afterAll(endAll);
