import type { Terminal } from "../terminal.js";
import { wrapText } from "../terminal.js";

const CANNOT_RUN = 2;

/** Runs `taskora rules`: every rule of the change checker with its verdicts. */
export async function runRules(flags: { readonly json?: boolean }, terminal: Terminal): Promise<number> {
  const { listRules } = await import("taskora/codegen");
  const rules = listRules();
  if (flags.json === true) {
    terminal.out(JSON.stringify({ exitCode: 0, rules }, undefined, 2));
    return 0;
  }
  const { bold, dim } = terminal.outColors;
  terminal.out(dim(`${"rule".padEnd(28)} old→new  new→old  what changed`));
  for (const rule of rules) {
    const verdicts = `${rule.oldToNew.padEnd(8)} ${rule.newToOld.padEnd(8)}`;
    terminal.out(`${bold(rule.id.padEnd(28))} ${verdicts} ${rule.title}`);
  }
  return 0;
}

/** Runs `taskora explain RULE`. */
export async function runExplain(
  text: string,
  flags: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { findRule } = await import("taskora/codegen");
  const rule = findRule(text);
  if ("near" in rule) {
    const hint = rule.near === undefined ? "taskora rules lists them." : `Did you mean ${rule.near}?`;
    terminal.talk(`error: there is no rule "${text}". ${hint}`);
    return CANNOT_RUN;
  }
  if (flags.json === true) {
    terminal.out(JSON.stringify({ exitCode: 0, rule }, undefined, 2));
    return 0;
  }
  const { bold, dim } = terminal.outColors;
  const { old, new: next } = rule.example;
  terminal.out(
    [
      `${bold(rule.id)}  ${rule.title}`,
      "",
      ...wrapText(rule.explanation, terminal.columns),
      "",
      `old → new  ${VERDICTS[rule.oldToNew]}`,
      `new → old  ${VERDICTS[rule.newToOld]}`,
      "",
      dim("for example"),
      `  old  ${old === "" ? "nothing" : old}`,
      `  new  ${next === "" ? "nothing" : next}`,
    ].join("\n"),
  );
  return 0;
}

const VERDICTS = {
  ok: "ok",
  break: "break",
  unknown: "unknown, unless a payload shows a break",
  depends: "payloads decide; unknown where none fails",
} as const;
