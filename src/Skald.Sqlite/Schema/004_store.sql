-- The plans that an instance knows, as a JSON array of "definition version"; null for all. -1 is nobody who knows a saga's plan.
ALTER TABLE skald_processes ADD COLUMN knows TEXT;

INSERT INTO skald_processes (number, gone_at) VALUES (-1, 0);

-- A message for a saga of a plan that the process which had it did not know.
ALTER TABLE skald_delayed ADD COLUMN plan TEXT;
