-- Exact positions, from start to end of a walk, of interest to their own person alone. No foreign key: it would be
-- checked for each of a thousand points a second, all of walks that have just been read.
CREATE TABLE track_points (
  walk_id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- The phone's own time in quarters of a second: a point that is sent again has the same, and nobody fills the
  -- table by sending faster.
  moment bigint NOT NULL,
  at timestamptz NOT NULL,
  lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
  lng double precision NOT NULL CHECK (lng BETWEEN -180 AND 180),
  accuracy_meters real CHECK (accuracy_meters >= 0),
  PRIMARY KEY (walk_id, user_id, moment)
);

-- Which walks have to be measured, and have their routes written.
CREATE TABLE measurements (
  walk_id uuid PRIMARY KEY REFERENCES walks (id),
  -- Rises whenever there may be something new to measure.
  revision int NOT NULL,
  -- Null: nothing new since the last time.
  due_at timestamptz
);

CREATE INDEX measurements_due ON measurements (due_at) WHERE due_at IS NOT NULL;
