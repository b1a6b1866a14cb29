-- How many jobs of each final state may stay, by letter; the oldest beyond that go when a script ends. A
-- state without a number is trimmed by the next script that has one.
local kept = {}
-- States that jobs ended in.
local touched = {}
local has_finished = false
-- Where a batch collects what it completes, in its order, to add it in one step; nil outside of one.
local completing
