-- The plans that an instance knows, each as "definition version"; null for all.
ALTER TABLE @schema.skald_processes ADD COLUMN knows text[];

-- A message for a saga of a plan that the process which had it did not know.
ALTER TABLE @schema.skald_delayed ADD COLUMN plan text;
