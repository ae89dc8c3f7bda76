-- What WatchRevocations tells, kept for a day. Of one user or pair the ids follow the changes: each is written under
-- the lock of the user's row.
CREATE TABLE revocations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  subject jsonb NOT NULL CHECK (subject ? 'kind')
);

CREATE INDEX revocations_at ON revocations (at);
