/** Changes the rule of a schedule, or what its jobs are given. */
import { useState } from "preact/hooks";
import type { ScheduleDetails } from "../../../src/board/api.js";
import { api } from "../core/api.js";
import { jsonText, readJson } from "../forms/form-value.js";
import { ConfirmDialog } from "../parts/confirm-dialog.js";
import { TextField } from "../parts/field.js";
import { say } from "../shell/toasts.js";
import { cronInWords } from "../words/rule-in-words.js";

interface EditProps {
  readonly schedule: ScheduleDetails;
  readonly path: string;
  readonly onClose: () => void;
}

export function EditSchedule({ schedule, path, onClose }: EditProps) {
  const [kind, setKind] = useState<"cron" | "every">(schedule.cron === undefined ? "every" : "cron");
  const [cron, setCron] = useState(schedule.cron ?? "0 9 * * *");
  const [zone, setZone] = useState(schedule.timezone ?? "UTC");
  const [every, setEvery] = useState(schedule.every === undefined ? "5m" : `${schedule.every}ms`);
  const before = jsonText(schedule.data);
  const [data, setData] = useState(before);
  const read = readJson(data);
  const run = async (reason: object) => {
    if ("why" in read) throw new Error(read.why);
    const rule = kind === "cron" ? { cron: cron.trim(), timezone: zone.trim() } : { every: every.trim() };
    const changes = {
      ...rule,
      ...(data === before ? {} : { data: read.value }),
      ...reason,
    };
    await api.patch(path, changes);
    say("It was changed.", schedule.name);
  };
  return (
    <ConfirmDialog title={`Edit ${schedule.name}`} verb="Save" run={run} onClose={onClose}>
      <p class="quiet">
        An application that declares this schedule writes its own rule again when it starts.
      </p>
      <div class="choices" role="radiogroup" aria-label="Kind of rule">
        {(["cron", "every"] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />{" "}
            {each === "cron" ? "cron" : "at even distances"}
          </label>
        ))}
      </div>
      {kind === "cron" ? (
        <div class="two">
          <TextField label="Cron" class="mono" required maxLength={256} value={cron} set={setCron}>
            <small>{cronInWords(cron)}</small>
          </TextField>
          <TextField label="Zone" value={zone} set={setZone} />
        </div>
      ) : (
        <TextField label="Every" required placeholder="5m, 1h, 30s" value={every} set={setEvery} />
      )}
      <TextField label="What its jobs are given" class="mono" rows={5} value={data} set={setData}>
        {"why" in read ? <span class="why">{read.why}</span> : null}
      </TextField>
    </ConfirmDialog>
  );
}
