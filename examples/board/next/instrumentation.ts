/** Runs once in each process of the server. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { shop } = await import("./lib/shop");
  await shop().start();
}
