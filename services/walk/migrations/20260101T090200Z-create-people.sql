-- What identity tells of accounts, kept to show names beside walks. The higher version wins.
CREATE TABLE people (
  user_id uuid PRIMARY KEY,
  version int NOT NULL,
  username text NOT NULL,
  birth_year int NOT NULL,
  birth_month int NOT NULL CHECK (birth_month BETWEEN 1 AND 12),
  profile_photo_url text
);

CREATE TABLE user_blocks (
  user_id uuid PRIMARY KEY,
  version int NOT NULL,
  blocked_ids uuid[] NOT NULL
);
