CREATE TABLE @schema.topics (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- Each queue gets a copy of what is published to the topic.
CREATE TABLE @schema.subscriptions (
    topic integer NOT NULL,
    queue integer NOT NULL,
    PRIMARY KEY (topic, queue)
);

-- One row, counted up with each new subscription: whoever publishes remembers the subscriptions and compares this.
CREATE TABLE @schema.topology (
    version bigint NOT NULL
);

INSERT INTO @schema.topology (version) VALUES (0);

CREATE FUNCTION @schema.expect_topology(known bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF known IS DISTINCT FROM (SELECT version FROM @schema.topology) THEN
        RAISE EXCEPTION 'a subscription was added meanwhile' USING ERRCODE = '40001';
    END IF;
END
$$;
