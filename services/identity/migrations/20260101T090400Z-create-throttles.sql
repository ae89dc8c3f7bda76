-- Keys are keyed hashes: neither addresses of mailboxes nor of networks are kept.
CREATE TABLE login_throttles (
  key text PRIMARY KEY,
  attempts integer NOT NULL CHECK (attempts >= 0),
  last_at timestamptz NOT NULL,
  blocked_until timestamptz NOT NULL
);

CREATE INDEX login_throttles_last_at ON login_throttles (last_at);

-- How often a network was told that an address or a name is taken.
CREATE TABLE registration_refusals (
  key text PRIMARY KEY,
  answered_at timestamptz[] NOT NULL,
  last_at timestamptz NOT NULL
);

CREATE INDEX registration_refusals_last_at ON registration_refusals (last_at);
