#!/usr/bin/env node
import { runCommandLine } from "./run.js";
import { exitOnSignals } from "./signals.js";
import { processTerminal } from "./terminal.js";

exitOnSignals();
await runCommandLine(process.argv.slice(2), processTerminal);
