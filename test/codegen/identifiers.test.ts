import { describe, expect, it } from "vitest";
import { identifierClashes, pascalCase, taskIdentifiers } from "../../codegen/identifiers.js";

describe("taskIdentifiers", () => {
  it.each([
    ["email.send", "emailSend", "EmailSend"],
    ["image.make-thumb", "imageMakeThumb", "ImageMakeThumb"],
    ["a1.2b", "a12b", "A12b"],
    ["delete", "deleteTask", "DeleteTask"],
    ["await", "awaitTask", "AwaitTask"],
    ["do.not", "doNot", "DoNot"],
  ])("turns %s into %s and %s", (name, camel, pascal) => {
    expect(taskIdentifiers(name)).toEqual({ camel, pascal });
  });
});

describe("identifierClashes", () => {
  it("finds names that become one identifier, or differ in case only", () => {
    expect(identifierClashes(["a.b-c", "x", "a.b.c"])).toEqual([["a.b-c", "a.b.c"]]);
    expect(identifierClashes(["e.mail", "email"])).toEqual([["e.mail", "email"]]);
    expect(identifierClashes(["delete", "delete.task"])).toEqual([["delete", "delete.task"]]);
    expect(identifierClashes(["a", "b"])).toEqual([]);
  });
});

describe("pascalCase", () => {
  it("makes a type name of any text", () => {
    expect(pascalCase("line-item")).toBe("LineItem");
    expect(pascalCase("2d point")).toBe("N2dPoint");
    expect(pascalCase("…")).toBe("");
  });
});
