import { writeFile } from "node:fs/promises";
import type { DayReport } from "../producer/shop-day.js";
import type { ReceivedMail } from "./mail-server.js";
import type { CountTable } from "./summary.js";
import type { ReceivedRequest } from "./webhook-receiver.js";
import type { ShotReport } from "./worker-shot.js";

/** Everything that came out of one run, for `--report`. */
export interface Account {
  readonly pids: readonly number[];
  readonly day: DayReport;
  readonly counts: CountTable;
  /** Paths of the thumbnails on disk. */
  readonly files: readonly string[];
  readonly mails: readonly ReceivedMail[];
  readonly requests: readonly ReceivedRequest[];
  readonly webhookSecret: string;
  readonly shot: ShotReport | undefined;
}

/** Writes an account as JSON. */
export async function writeAccount(file: string, account: Account): Promise<void> {
  await writeFile(file, `${JSON.stringify(account, null, 2)}\n`);
}
