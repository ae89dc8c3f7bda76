-- What of identity's accounts matters here, from user.* and from identity's watch.
CREATE TABLE accounts (
  user_id uuid PRIMARY KEY,
  -- -1: not heard of by an event yet.
  version integer NOT NULL CHECK (version >= -1),
  location_enabled boolean NOT NULL,
  -- Of location_enabled; the watch tells of it before the account's version is known.
  consent_version integer NOT NULL CHECK (consent_version >= -1),
  suspended boolean NOT NULL
);
