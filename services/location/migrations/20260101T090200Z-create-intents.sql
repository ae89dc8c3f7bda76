-- Requests to the holders of shards. They outlive whoever asked, and are acted on in order of id.
CREATE TABLE intents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
  user_id uuid NOT NULL,
  request jsonb NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  outcome jsonb,
  acted_at timestamptz,
  CHECK ((outcome IS NULL) = (acted_at IS NULL))
);

CREATE INDEX intents_open ON intents (shard, id) WHERE outcome IS NULL;
CREATE INDEX intents_open_of_user ON intents (user_id, id) WHERE outcome IS NULL;
CREATE INDEX intents_acted ON intents (shard, acted_at) WHERE acted_at IS NOT NULL;
