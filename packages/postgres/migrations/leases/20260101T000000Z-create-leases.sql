CREATE TABLE mechanism.leases (
  resource text PRIMARY KEY,
  holder text,
  fence bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  -- Makes the fence a key column: a grant takes the row exclusively, a renewal does not. Writers who hold the row
  -- FOR KEY SHARE therefore keep grants out, and never wait for renewals.
  UNIQUE (resource, fence)
);

-- Who takes part in sharing a resource, with or without a part of it yet.
CREATE TABLE mechanism.lease_members (
  resource text NOT NULL,
  holder text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (resource, holder)
);
