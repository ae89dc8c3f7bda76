CREATE TABLE blocks (
  blocker_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  -- Not a reference: blocking an id that nobody has is no different from blocking one that somebody has.
  blocked_id uuid NOT NULL,
  blocked_at timestamptz NOT NULL,
  PRIMARY KEY (blocker_id, blocked_id),
  CHECK (blocker_id <> blocked_id)
);

CREATE INDEX blocks_blocked_id ON blocks (blocked_id);
CREATE INDEX blocks_newest ON blocks (blocker_id, blocked_at DESC, blocked_id DESC);
