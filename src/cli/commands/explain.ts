import type { NamedRule } from "../../../codegen/commands.js";
import { type Context, type Outcome, refusal } from "../outcome.js";
import { type Terminal, wrapText } from "../terminal.js";

/** Runs `taskora explain [RULE]`: one rule of the change checker, or the list of all. */
export async function runExplain(flags: { readonly rule?: string }, context: Context): Promise<Outcome> {
  const { codegen, terminal } = context;
  if (flags.rule === undefined) {
    const rules = codegen.listRules();
    return { exitCode: 0, data: { rules }, findings: [], show: () => showList(rules, terminal) };
  }
  const rule = codegen.findRule(flags.rule);
  if (!("near" in rule)) {
    return { exitCode: 0, data: { rule }, findings: [], show: () => showRule(rule, terminal) };
  }
  const hint = rule.near === undefined ? "taskora explain lists the rules." : `Did you mean ${rule.near}?`;
  const message = `There is no rule "${flags.rule}".`;
  return refusal({ code: "RULE_UNKNOWN", message, hint }, context);
}

/** Room for the id of a rule and its two verdicts. */
const ID_COLUMNS = 28;
const VERDICT_COLUMNS = 9;

function showList(rules: readonly NamedRule[], terminal: Terminal): void {
  const { bold, dim } = terminal.outColors;
  const indent = ID_COLUMNS + 1 + 2 * VERDICT_COLUMNS;
  terminal.out(dim(`${"rule".padEnd(ID_COLUMNS)} old→new  new→old  what changed`));
  for (const rule of rules) {
    const verdicts = [rule.oldToNew, rule.newToOld]
      .map((verdict) => verdict.padEnd(VERDICT_COLUMNS))
      .join("");
    const title = wrapText(rule.title, Math.max(20, terminal.columns - indent)).join(
      `\n${" ".repeat(indent)}`,
    );
    terminal.out(`${bold(rule.id.padEnd(ID_COLUMNS))} ${verdicts}${title}`);
  }
}

function showRule(rule: NamedRule, terminal: Terminal): void {
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
}

const VERDICTS = {
  ok: "ok",
  break: "break",
  unknown: "unknown, unless a payload shows a break",
  depends: "payloads decide; unknown where none fails",
} as const;
