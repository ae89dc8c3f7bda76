-- What is published of people, one row each. Only the holder of a row's shard changes it, under the shard's fence.
-- No exact position stands here in clear: `places` is encrypted.
CREATE TABLE presences (
  user_id uuid PRIMARY KEY,
  shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
  -- Rises with each change of what others see.
  version integer NOT NULL CHECK (version >= 0),
  cell text CHECK (cell ~ '^[0-9a-f]{10}$'),
  published_at timestamptz,
  shown boolean NOT NULL,
  last_seen timestamptz CHECK (extract(epoch FROM last_seen)::numeric % 1800 = 0),
  available_since timestamptz,
  available_until timestamptz,
  until_is_chosen boolean,
  awaiting boolean NOT NULL,
  consent_version_used integer NOT NULL CHECK (consent_version_used >= -1),
  consent_ended_at timestamptz,
  places bytea,
  places_key_id text,
  -- A cell of 3,200 m (level 4), forgotten after 24 h.
  last_area text CHECK (last_area ~ '^2[0-7][0-9a-f]{8}$'),
  last_area_at timestamptz,
  next_tick_at timestamptz,
  CHECK ((cell IS NULL) = (published_at IS NULL)),
  CHECK (NOT shown OR (cell IS NOT NULL AND last_seen IS NOT NULL)),
  CHECK ((available_since IS NULL) = (available_until IS NULL) AND (available_since IS NULL) = (until_is_chosen IS NULL)),
  -- Whoever is visible is available, and has a moment at which that may end.
  CHECK (NOT shown OR available_since IS NOT NULL),
  CHECK (NOT awaiting OR available_since IS NOT NULL),
  CHECK (available_since IS NULL OR next_tick_at IS NOT NULL),
  CHECK ((places IS NULL) = (places_key_id IS NULL)),
  CHECK ((last_area IS NULL) = (last_area_at IS NULL))
);

CREATE INDEX presences_ticks ON presences (shard, next_tick_at) WHERE next_tick_at IS NOT NULL;
CREATE INDEX presences_awaiting ON presences (shard) WHERE awaiting;
CREATE INDEX presences_shown ON presences (user_id) WHERE shown;
CREATE INDEX presences_places_keys ON presences (places_key_id) WHERE places_key_id IS NOT NULL;
