-- In which areas an account has read lists today (UTC): keyed hashes, of no use but to be counted.
CREATE TABLE list_areas (
  user_id uuid NOT NULL,
  day date NOT NULL,
  areas bigint[] NOT NULL CHECK (cardinality(areas) BETWEEN 1 AND 12),
  PRIMARY KEY (user_id, day)
);

CREATE INDEX list_areas_day ON list_areas (day);
