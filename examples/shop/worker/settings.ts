/**
 * A setting of this service from its environment.
 *
 * @throws {Error} naming the variable that is missing
 */
export function setting(name: "SMTP_URL" | "WEBHOOK_SECRET" | "REDIS_URL"): string {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  throw new Error(`The worker cannot work without ${name}. Set the environment variable ${name}.`);
}

/** Services with the same prefix share their tasks; one Redis can carry several shops. */
export function keyPrefix(): string {
  return process.env.SHOP_PREFIX ?? "shop";
}
