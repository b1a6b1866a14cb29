/** The schemas of contracts, per task and fingerprint. */
import {
  type ContractRef,
  type ContractSchemas,
  KEPT_CONTRACTS,
  MAX_CONTRACT_BYTES,
  readSchemas,
  type ToldContract,
} from "../../../core/observe/contract-schemas.js";
import { readContractsScript, tellContractsScript } from "../../scripts.generated.js";
import type { Session } from "../../session.js";
import { perTask } from "../per-task.js";

/** A schema may be 64 KB: so many of them go in one call. */
const SCHEMAS_WEIGHT = 100;

/** As `ObserveStore.tellContracts`: first asked which are missing, since nearly always none is. */
export async function tellContracts(session: Session, contracts: readonly ToldContract[]): Promise<void> {
  const kept = contracts.filter(({ schemas }) => Buffer.byteLength(schemas) <= MAX_CONTRACT_BYTES);
  const asked = kept.filter(({ fingerprint }) => fingerprint !== "");
  const missing = await tellAll(session, asked, () => "");
  const told = kept.filter(
    (contract) => contract.fingerprint === "" || missing[asked.indexOf(contract)] === true,
  );
  await tellAll(session, told, ({ schemas }) => schemas);
}

/** Answers of each whether its schemas are missing. */
function tellAll(
  session: Session,
  contracts: readonly ToldContract[],
  textOf: (contract: ToldContract) => string,
): Promise<readonly boolean[]> {
  return perTask(contracts, {
    link: session.runner.link,
    taskOf: ({ task }) => task,
    weightOf: () => SCHEMAS_WEIGHT,
    call: async (task, some) => {
      const items = some.flatMap((contract) => [contract.fingerprint, textOf(contract)]);
      const root = session.keys.root(task);
      const missing = await session.runner.run(tellContractsScript, root, [KEPT_CONTRACTS, ...items]);
      const names = new Set(missing.map(String));
      return some.map(({ fingerprint }) => names.has(fingerprint));
    },
  });
}

/** As `ObserveStore.contracts`. */
export function readContracts(
  session: Session,
  refs: readonly ContractRef[],
): Promise<readonly (ContractSchemas | undefined)[]> {
  return perTask(refs, {
    link: session.runner.link,
    taskOf: ({ task }) => task,
    weightOf: () => SCHEMAS_WEIGHT,
    call: async (task, some) => {
      const fingerprints = some.map(({ fingerprint }) => fingerprint);
      const found = await session.runner.run(readContractsScript, session.keys.root(task), fingerprints);
      return found.map((text) => (text === null ? undefined : readSchemas(text.toString("utf8"))));
    },
  });
}
