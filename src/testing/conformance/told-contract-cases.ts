import assert from "node:assert/strict";
import {
  type ContractSchemas,
  KEPT_CONTRACTS,
  MAX_CONTRACT_BYTES,
  type ToldContract,
} from "../../core/observe/contract-schemas.js";
import type { ObserveStore } from "../../core/observe/observe-store.js";
import type { ConformanceCase } from "./kit.js";
import { defineCase, OTHER_TASK, only, type Stage, TASK } from "./stage.js";

const SCHEMAS: ContractSchemas = {
  input: {
    type: "object",
    properties: { to: { type: "string", "x-taskora-sensitive": true }, größe: { type: "number" } },
  },
  output: { type: "boolean" },
};

function told(fields: Partial<ToldContract> & { readonly of?: ContractSchemas } = {}): ToldContract {
  const { of = SCHEMAS, ...given } = fields;
  return { task: TASK, fingerprint: "aaaaaaaaaaaa", schemas: JSON.stringify(of), ...given };
}

function titled(title: string): ContractSchemas {
  return { input: { title } };
}

async function read(store: ObserveStore, fingerprint = "aaaaaaaaaaaa", task: string = TASK) {
  return only(await store.contracts([{ task, fingerprint }]));
}

function contractCase(
  name: string,
  body: (store: ObserveStore, stage: Stage) => Promise<void>,
): ConformanceCase {
  return defineCase(`contracts: ${name}`, async (stage) => {
    const { observe } = stage.adapter;
    assert.ok(observe, "the adapter keeps schemas of contracts");
    await body(observe, stage);
  });
}

/** The schemas of contracts, as workers tell them. */
export const toldContractCases: readonly ConformanceCase[] = [
  contractCase("schemas are read as they were told, by every process", async (store, stage) => {
    await store.tellContracts([told(), told({ task: OTHER_TASK, of: titled("other") })]);
    const { observe } = await stage.another();
    assert.ok(observe);
    const refs = [OTHER_TASK, TASK, "nobody"].map((task) => ({ task, fingerprint: "aaaaaaaaaaaa" }));
    assert.deepEqual(await observe.contracts(refs), [titled("other"), SCHEMAS, undefined]);
  }),
  contractCase("one that nobody told is not there", async (store) => {
    assert.deepEqual(await store.contracts([]), []);
    await store.tellContracts([]);
    await store.tellContracts([told()]);
    assert.equal(await read(store, "bbbbbbbbbbbb"), undefined);
    assert.equal(await read(store, "aaaaaaaaaaaa", OTHER_TASK), undefined);
  }),
  contractCase("a fingerprint stands for what was told first", async (store) => {
    await store.tellContracts([told({ of: titled("first") })]);
    await store.tellContracts([told({ of: titled("second") })]);
    assert.deepEqual(await read(store), titled("first"));
  }),
  contractCase("without a fingerprint the schemas told last are kept", async (store) => {
    await store.tellContracts([told({ fingerprint: "", of: titled("first") })]);
    await store.tellContracts([told({ fingerprint: "", of: titled("second") }), told()]);
    assert.deepEqual(await read(store, ""), titled("second"));
    assert.deepEqual(await read(store), SCHEMAS);
  }),
  contractCase("schemas that are too long are not kept, the longest that may be are", async (store) => {
    const room = MAX_CONTRACT_BYTES - JSON.stringify(titled("")).length;
    const most = titled("x".repeat(room));
    const tooLong = titled(`${"x".repeat(room - 1)}ß`);
    await store.tellContracts([told({ of: most }), told({ fingerprint: "bbbbbbbbbbbb", of: tooLong })]);
    assert.deepEqual(await read(store), most);
    assert.equal(await read(store, "bbbbbbbbbbbb"), undefined);
  }),
  contractCase("of a task those told last stay", async (store) => {
    const names = Array.from({ length: KEPT_CONTRACTS + 2 }, (_, n) => `fingerprint-${n}`);
    await store.tellContracts([told({ task: OTHER_TASK, fingerprint: names[0] ?? "" })]);
    for (const fingerprint of names) await store.tellContracts([told({ fingerprint })]);
    const refs = names.map((fingerprint) => ({ task: TASK, fingerprint }));
    const kept = (await store.contracts(refs)).map((found) => found !== undefined);
    assert.deepEqual(
      kept,
      names.map((_, n) => n >= 2),
    );
    assert.ok(await read(store, names[0], OTHER_TASK), "tasks do not crowd each other out");
  }),
  contractCase("several processes tell the same at once", async (store, stage) => {
    const others = await Promise.all([stage.another(), stage.another(), stage.another()]);
    const all = Array.from({ length: 12 }, (_, n) =>
      told({ task: `${TASK}.${n % 4}`, fingerprint: `f${n}` }),
    );
    await Promise.all(
      [store, ...others.map(({ observe }) => observe)].map((each) => each?.tellContracts([...all].reverse())),
    );
    const found = await store.contracts(all);
    assert.deepEqual(
      found,
      all.map(() => SCHEMAS),
    );
  }),
];
