-- What each user is to be told, in order. `seq` rises by one with each event and never skips: the writer holds the
-- row while it appends. After a restore of this database every `stream` has to be drawn anew, so that clients who
-- know of lost events read everything again.
CREATE TABLE user_streams (
  user_id uuid PRIMARY KEY,
  stream uuid NOT NULL DEFAULT gen_random_uuid(),
  seq bigint NOT NULL DEFAULT 0,
  -- Handled by one of the user's devices.
  confirmed_seq bigint NOT NULL DEFAULT 0,
  CHECK (0 <= confirmed_seq AND confirmed_seq <= seq)
);

-- References, not contents: what an event tells of is asked of its owner when it is delivered.
CREATE TABLE user_events (
  user_id uuid NOT NULL REFERENCES user_streams ON DELETE CASCADE,
  seq bigint NOT NULL CHECK (seq > 0),
  id uuid NOT NULL,
  name text NOT NULL,
  walk_id uuid NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (user_id, seq)
);

CREATE INDEX user_events_appended_at ON user_events (appended_at);

-- The last change of each walk that was told.
CREATE TABLE told_walks (
  walk_id uuid PRIMARY KEY,
  version integer NOT NULL,
  told_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX told_walks_told_at ON told_walks (told_at);

-- Changes that came before the one that precedes them.
CREATE TABLE held_changes (
  walk_id uuid NOT NULL REFERENCES told_walks ON DELETE CASCADE,
  version integer NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  user_ids uuid[] NOT NULL,
  at timestamptz NOT NULL,
  held_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (walk_id, version)
);
