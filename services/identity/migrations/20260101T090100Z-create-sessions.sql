CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL,
  -- Refresh tokens are derived from the id and a serial: nothing secret is kept.
  newest_serial integer NOT NULL CHECK (newest_serial > 0),
  predecessor_serial integer CHECK (predecessor_serial < newest_serial),
  superseded_at timestamptz,
  ended_at timestamptz,
  end_reason text CHECK (end_reason IN ('logout', 'token-reused', 'suspended', 'revoked')),
  CHECK ((predecessor_serial IS NULL) = (superseded_at IS NULL)),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_used_at ON sessions (used_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_at ON sessions (ended_at) WHERE ended_at IS NOT NULL;
