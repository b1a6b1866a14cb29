-- What this script did to workflows and their steps: `advance_workflows` acts on it when no job is under way.
-- `kept_graphs` are those of workflows that ended here.
local workflow_news, kept_graphs
