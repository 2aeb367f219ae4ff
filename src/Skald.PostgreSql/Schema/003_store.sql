-- The plans that an instance knows, each as "definition version"; null for all. -1 is nobody who knows a saga's plan.
ALTER TABLE @schema.skald_processes ADD COLUMN knows text[];

INSERT INTO @schema.skald_processes (number, gone_at) VALUES (-1, now());

-- A message for a saga of a plan that the process which had it did not know.
ALTER TABLE @schema.skald_delayed ADD COLUMN plan text;
