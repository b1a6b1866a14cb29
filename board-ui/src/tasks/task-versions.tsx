/** Which versions of the contract workers have. */
import type { ImplementedContract } from "../../../src/app/operate/task-contracts.js";
import { pathOf } from "../core/api.js";
import { useResource } from "../core/resource.js";
import { Tag } from "../parts/small.js";

export function TaskVersions({ name }: { readonly name: string }) {
  const { value } = useResource<readonly ImplementedContract[]>(pathOf("tasks", name, "contracts"), {
    everyMs: 30_000,
  });
  if (value === undefined || value.length === 0) return null;
  return (
    <p class="versions">
      <span class="quiet">Workers take</span>{" "}
      {value.map(({ version, fingerprint, workers }) => (
        <Tag key={`${version} ${fingerprint}`}>
          v{version} <span class="mono">{fingerprint.slice(0, 8)}</span> on {workers}
        </Tag>
      ))}
    </p>
  );
}
