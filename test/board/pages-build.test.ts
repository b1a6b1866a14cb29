import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { buildPages, staleFiles, typeErrors } from "../../scripts/board-files.js";
import { pageOrFile } from "../../src/board/assets/assets.js";
import { FILES } from "../../src/board/assets/files.generated.js";

const built = buildPages();
const packed = (name: string): number => gzipSync(built.get(name) ?? "", { level: 9 }).length;
const sum = (names: readonly string[]): number => names.reduce((bytes, name) => bytes + packed(name), 0);
const ending = (end: string): string[] => [...built.keys()].filter((name) => name.endsWith(end));
const index = String(built.get("index.html"));

const ask = (path: string, headers: Record<string, string> = {}) =>
  pageOrFile(new Request(`http://localhost${path}`, { headers }), path, "/ops");

describe("the pages of the board", () => {
  it("are in the package as board-ui builds them now: npm run build:board writes them", () => {
    expect(staleFiles(built)).toEqual([]);
  });

  it("pass the compiler", { timeout: 120_000 }, () => {
    expect(typeErrors()).toEqual([]);
  });

  it("weigh little: 60 kB of JavaScript in all, 45 kB for the first of them, 10 kB of style", () => {
    const first = ending(".js").filter((name) => index.includes(name));
    expect(first).toHaveLength(1);
    expect(sum(ending(".js"))).toBeLessThanOrEqual(60_000);
    expect(sum(first)).toBeLessThanOrEqual(45_000);
    expect(sum(ending(".css"))).toBeLessThanOrEqual(10_000);
  });

  it("name no address but their own, and hold no script or style in the page", () => {
    const addresses = [...index.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
    expect(addresses.filter((address) => !/^(\.\/assets\/|data:image)/.test(address))).toEqual([]);
    expect(index).not.toMatch(/<style|<script(?![^>]* src=)|style=|\son\w+=/);
  });
});

describe("pageOrFile", () => {
  it("answers with the page below the path of the board, never kept", async () => {
    const answer = ask("/tasks/email.send", { accept: "text/html" });
    expect(answer?.headers.get("cache-control")).toBe("no-store");
    const text = (await answer?.text()) ?? "";
    expect(text).toContain('<meta name="taskora-board" content="/ops"');
    expect(text).toMatch(/src="\/ops\/assets\/index-[\w-]+\.js"/);
  });

  it("answers with files for ever, packed for those who take it", async () => {
    const name = Object.keys(FILES).find((each) => each.endsWith(".js")) ?? "";
    const packedAnswer = ask(`/${name}`, { "accept-encoding": "br, gzip" });
    expect(packedAnswer?.headers.get("content-encoding")).toBe("gzip");
    expect(packedAnswer?.headers.get("cache-control")).toContain("immutable");
    const bytes = Buffer.from((await packedAnswer?.arrayBuffer()) ?? new ArrayBuffer());
    expect(gunzipSync(bytes)).toEqual(built.get(name));
    const plain = ask(`/${name}`);
    expect(plain?.headers.has("content-encoding")).toBe(false);
    expect(Buffer.from((await plain?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(built.get(name));
  });

  it("has nothing for other names, and for those who want no page", () => {
    expect(ask("/assets/../index.html")).toBeUndefined();
    expect(ask("/assets/__proto__")).toBeUndefined();
    expect(ask("/nothing", { accept: "application/json" })).toBeUndefined();
  });

  it("writes a path of odd characters as text", async () => {
    const request = new Request("http://localhost/", { headers: { accept: "text/html" } });
    const text = (await pageOrFile(request, "/", '/a"><b>')?.text()) ?? "";
    expect(text).not.toContain("<b>");
  });
});
