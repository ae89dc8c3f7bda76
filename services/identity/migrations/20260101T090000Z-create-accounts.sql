CREATE TABLE users (
  id uuid PRIMARY KEY,
  -- Of everything here and in user_preferences and user_roles: readers of events keep the highest.
  version integer NOT NULL CHECK (version > 0),
  -- As typed, for display; the key is what makes an address the same one.
  email text NOT NULL,
  email_key text NOT NULL,
  username text NOT NULL,
  username_key text NOT NULL,
  full_name text,
  profile_photo_url text,
  bio text,
  birth_date date NOT NULL,
  gender text CHECK (gender IN ('female', 'male', 'other')),
  -- Of the last change after the first setting.
  gender_changed_at timestamptz,
  verification_level text NOT NULL DEFAULT 'none' CHECK (verification_level IN ('none', 'email')),
  suspended_at timestamptz,
  -- The list of blocks is an aggregate of its own.
  blocks_version integer NOT NULL DEFAULT 0 CHECK (blocks_version >= 0),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT users_email_key UNIQUE (email_key),
  CONSTRAINT users_username_key UNIQUE (username_key)
);

CREATE TABLE user_preferences (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  search_radius_meters integer NOT NULL CHECK (search_radius_meters BETWEEN 200 AND 20000),
  preferred_pace text NOT NULL CHECK (preferred_pace IN ('slow', 'moderate', 'brisk', 'any')),
  age_range_min integer NOT NULL CHECK (age_range_min >= 18),
  age_range_max integer NOT NULL CHECK (age_range_max <= 120),
  gender_preference text NOT NULL CHECK (gender_preference IN ('any', 'female', 'male', 'other')),
  is_location_enabled boolean NOT NULL,
  read_receipts boolean NOT NULL,
  personalised_ads boolean NOT NULL,
  -- Rises each time that location is switched on or off.
  location_consent_version integer NOT NULL CHECK (location_consent_version >= 0),
  CHECK (age_range_min <= age_range_max)
);

CREATE TABLE roles (
  name text PRIMARY KEY,
  description text NOT NULL
);

INSERT INTO roles (name, description) VALUES
  ('walker', 'Finds companions and walks with them.'),
  ('business', 'Runs businesses and their campaigns.'),
  ('moderator', 'Reviews reports and campaigns.'),
  ('admin', 'Operates the installation.');

CREATE TABLE user_roles (
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CONSTRAINT user_roles_role REFERENCES roles,
  PRIMARY KEY (user_id, role)
);

CREATE TABLE credentials (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  -- argon2id in PHC format, with its parameters.
  password_hash text NOT NULL,
  updated_at timestamptz NOT NULL
);
