/** Cookies of sessions. */
import { SESSION_MS } from "./sessions.js";

/** Every cookie of a name, the one of the longest path first, as browsers send them. */
export function readCookies(header: string | null, name: string): readonly string[] {
  return (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
    .slice(0, 8);
}

/** No script reads it, and no page of another site makes a browser send it. */
export function sessionCookie({
  name,
  value,
  path,
  isSecure,
}: {
  readonly name: string;
  /** Undefined: the cookie is taken away. */
  readonly value: string | undefined;
  readonly path: string;
  readonly isSecure: boolean;
}): string {
  const maxAge = value === undefined ? 0 : SESSION_MS / 1000;
  const parts = [`${name}=${value ?? ""}`, `Path=${path === "" ? "/" : path}`, `Max-Age=${maxAge}`];
  return [...parts, "HttpOnly", "SameSite=Strict", ...(isSecure ? ["Secure"] : [])].join("; ");
}
