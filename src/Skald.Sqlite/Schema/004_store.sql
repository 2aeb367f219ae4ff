-- The plans that an instance knows, as a JSON array of "definition version"; null for all.
ALTER TABLE skald_processes ADD COLUMN knows TEXT;

-- A message for a saga of a plan that the process which had it did not know.
ALTER TABLE skald_delayed ADD COLUMN plan TEXT;
