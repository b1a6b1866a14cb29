/** The schemas of contracts, per task and fingerprint. */
import {
  type ContractRef,
  type ContractSchemas,
  MAX_CONTRACT_BYTES,
  readSchemas,
  type ToldContract,
} from "../../../core/observe/contract-schemas.js";
import { answerOf } from "../../connection/database.js";
import type { Session } from "../../session.js";

/** As `ObserveStore.tellContracts`: first asked which are missing, since nearly always none is. */
export async function tellContracts(session: Session, contracts: readonly ToldContract[]): Promise<void> {
  const kept = contracts.filter(({ schemas }) => Buffer.byteLength(schemas) <= MAX_CONTRACT_BYTES);
  const asked = kept.filter(({ fingerprint }) => fingerprint !== "");
  const missing = await tellAll(session, asked, () => null);
  const told = kept.filter(
    (contract) => contract.fingerprint === "" || missing.has(asked.indexOf(contract) + 1),
  );
  await tellAll(session, told, ({ schemas }) => schemas);
}

/** Answers the numbers of those whose schemas are missing, from 1. */
async function tellAll(
  { database }: Session,
  contracts: readonly ToldContract[],
  textOf: (contract: ToldContract) => string | null,
): Promise<ReadonlySet<number>> {
  if (contracts.length === 0) return new Set();
  const numbers = await answerOf<readonly number[]>(database, "select @@tell_contracts($1, $2, $3)", [
    contracts.map(({ task }) => task),
    contracts.map(({ fingerprint }) => fingerprint),
    contracts.map(textOf),
  ]);
  return new Set(numbers.map(Number));
}

/** As `ObserveStore.contracts`. */
export async function readContracts(
  { database }: Session,
  refs: readonly ContractRef[],
): Promise<readonly (ContractSchemas | undefined)[]> {
  if (refs.length === 0) return [];
  const rows = await database.rows(
    `select i.n, t.schemas from unnest($1::text[], $2::text[]) with ordinality i(task, fingerprint, n)
      join @.told_contract t on t.task = i.task and t.fingerprint = i.fingerprint`,
    [refs.map(({ task }) => task), refs.map(({ fingerprint }) => fingerprint)],
  );
  const found = new Map(rows.map(({ n, schemas }) => [Number(n), String(schemas)]));
  return refs.map((_, index) => {
    const text = found.get(index + 1);
    return text === undefined ? undefined : readSchemas(text);
  });
}
