import { describe, expect, it } from "vitest";
import {
  completeFilter,
  type FilterWords,
  quotedValue,
  withCompletion,
} from "../../../board-ui/src/filter/complete-filter.js";
import { parseJobFilter } from "../../../src/core/job-filter/parse-filter.js";

const WORDS: FilterWords = {
  tasks: ["email.send", "email.digest", "image.resize", "odd name|x"],
  paths: [
    { path: ["order", "id"], kind: "number", title: "Order", isSensitive: false, values: [] },
    { path: ["size"], kind: "text", isSensitive: false, values: ["small", "very large"] },
    { path: ["odd.key:1"], kind: "text", isSensitive: true, values: [] },
    { path: ["order"], kind: "object", isSensitive: false, values: [] },
  ],
  hosts: ["host-1"],
  codes: ["ECONNRESET"],
  headers: ["tenant"],
};

/** What is offered at the end of a text, or where `^` stands. */
function offered(text: string): readonly string[] {
  const caret = text.includes("^") ? text.indexOf("^") : text.length;
  return completeFilter(text.replace("^", ""), caret, WORDS).options.map((option) => option.text);
}

/** The text after the first offer is taken. */
function taken(text: string): string {
  const caret = text.includes("^") ? text.indexOf("^") : text.length;
  const plain = text.replace("^", "");
  const completions = completeFilter(plain, caret, WORDS);
  const [first] = completions.options;
  if (first === undefined) throw new Error(`nothing is offered for ${text}`);
  const after = withCompletion(plain, completions, first);
  return `${after.text.slice(0, after.caret)}^${after.text.slice(after.caret)}`;
}

describe("completion of filters", () => {
  it("offers fields, also behind a minus and behind other terms", () => {
    expect(offered("sta")).toEqual(["state:"]);
    expect(offered('error:"SMTP 421" -sta')).toEqual(["state:"]);
    expect(offered("")).toContain("task:");
    expect(offered("ord")).toEqual(["data.order.id:"]);
    expect(offered("data.")).toEqual(["data.order.id:", "data.size:", "data.odd\\.key\\:1:"]);
    expect(offered("header")).toEqual(["header.tenant:"]);
  });

  it("offers the values of a field, each behind a bar too", () => {
    expect(offered("state:f")).toEqual(["failed"]);
    expect(offered("state:failed|can")).toEqual(["cancelled"]);
    expect(offered("task:em")).toEqual(["email.*", "email.send", "email.digest"]);
    expect(offered("task:odd")).toEqual(['"odd name|x"']);
    expect(offered("data.size:")).toEqual(["small", '"very large"']);
    expect(offered('payload.size:"ver')).toEqual(['"very large"']);
    expect(offered("worker:")).toEqual(["host-1"]);
    expect(offered("code:ec")).toEqual(["ECONNRESET"]);
    expect(offered("age>=1")).toEqual(
      ["1s", "10s", "1m", "10m", "1h", "1d"].filter((text) => text.startsWith("1")),
    );
    expect(offered("id:a8")).toEqual([]);
  });

  it("offers nothing within a quoted text that is no value of anything", () => {
    expect(offered('error:"state:fa')).toEqual([]);
    expect(offered('"sta')).toEqual([]);
  });

  it("puts what is taken in the place of what was written", () => {
    expect(taken("sta")).toBe("state:^");
    expect(taken("state:fai")).toBe("state:failed ^");
    expect(taken("sta^te:failed")).toBe("state:^failed");
    expect(taken("state:fa^iled task:email.send")).toBe("state:failed^ task:email.send");
    expect(taken("state:failed|c^ task:x")).toBe("state:failed|completed^ task:x");
    expect(taken("task:odd")).toBe('task:"odd name|x" ^');
  });

  it("writes what the reader of filters reads", () => {
    for (const text of ["task:", "data.size:", "state:", "age>", "finished>", "worker:", "code:"]) {
      for (const option of completeFilter(text, text.length, WORDS).options)
        expect(() => parseJobFilter(text + option.text)).not.toThrow();
    }
    for (const { text } of completeFilter("data.", 5, WORDS).options)
      expect(parseJobFilter(`${text}1`).terms).toHaveLength(1);
    for (const value of ['a"b\\c d', "*", "=x", "", "a|b"])
      expect(parseJobFilter(`id:${quotedValue(value)}`).terms).toMatchObject([{ patterns: [[value]] }]);
  });
});
