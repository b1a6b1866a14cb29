/** Runs for every test file, also in a process that several of them share. */
import { afterAll } from "vitest";
import { stopSharedRedis } from "./redis-server.js";

afterAll(stopSharedRedis);
