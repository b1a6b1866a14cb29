/**
 * Imported into every service the demo starts: when the demo ends without saying so, the service ends as well. Waiting
 * for that does not keep a service running.
 */
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
