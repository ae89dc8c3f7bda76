CREATE TABLE walks (
  id uuid PRIMARY KEY,
  -- Rises with each event.
  version int NOT NULL CHECK (version > 0),
  origin text NOT NULL CHECK (origin IN ('request', 'match')),
  match_id text UNIQUE,
  initiator_id uuid NOT NULL,
  partner_id uuid NOT NULL,
  accepted_by uuid[] NOT NULL,
  status text NOT NULL CHECK (status IN
    ('requested', 'accepted', 'declined', 'expired', 'in_progress', 'completed', 'cancelled')),
  message text CHECK (char_length(message) <= 280),
  meeting_lat double precision,
  meeting_lng double precision,
  meeting_name text,
  meet_at timestamptz,
  requested_at timestamptz NOT NULL,
  responded_at timestamptz,
  expires_at timestamptz,
  share_from timestamptz,
  share_until timestamptz,
  start_time timestamptz,
  end_time timestamptz,
  closed_by uuid,
  distance_meters int CHECK (distance_meters >= 0),
  -- Since when each of the two shows the other where they are.
  initiator_shares_since timestamptz,
  partner_shares_since timestamptz,
  sharing_revision int NOT NULL,
  met_at timestamptz,
  apart_since timestamptz,
  -- When the clock has to act.
  due_at timestamptz,
  -- By the clock of the database: for those who look at what has changed lately.
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),

  CHECK (initiator_id <> partner_id),
  CHECK ((origin = 'match') = (match_id IS NOT NULL)),
  CHECK ((meeting_lat IS NULL) = (meeting_lng IS NULL)),
  CHECK (accepted_by <@ ARRAY[initiator_id, partner_id]),
  CHECK (status NOT IN ('accepted', 'in_progress', 'completed') OR cardinality(accepted_by) = 2),
  CHECK (status NOT IN ('requested', 'accepted') OR expires_at IS NOT NULL),
  CHECK (status NOT IN ('in_progress', 'completed') OR start_time IS NOT NULL),
  CHECK ((start_time IS NOT NULL AND status IN ('completed', 'cancelled')) = (end_time IS NOT NULL)),
  CHECK (end_time >= start_time),
  CHECK ((share_from IS NULL) = (share_until IS NULL)),
  CHECK (closed_by IN (initiator_id, partner_id)),
  CHECK ((status IN ('requested', 'accepted', 'in_progress')) = (due_at IS NOT NULL))
);

-- One open request per pair, whoever asked.
CREATE UNIQUE INDEX walks_one_open_per_pair
  ON walks (least(initiator_id, partner_id), greatest(initiator_id, partner_id)) WHERE status = 'requested';
CREATE INDEX walks_pair ON walks (least(initiator_id, partner_id), greatest(initiator_id, partner_id));
CREATE INDEX walks_of_initiator ON walks (initiator_id, id);
CREATE INDEX walks_of_partner ON walks (partner_id, id);
CREATE INDEX walks_requests_by_day ON walks (initiator_id, requested_at) WHERE origin = 'request';
CREATE INDEX walks_open_of_initiator ON walks (initiator_id) WHERE status IN ('requested', 'accepted', 'in_progress');
CREATE INDEX walks_open_of_partner ON walks (partner_id) WHERE status IN ('requested', 'accepted', 'in_progress');
CREATE INDEX walks_due ON walks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX walks_under_way ON walks (id) WHERE status IN ('accepted', 'in_progress');
CREATE INDEX walks_changed ON walks (changed_at) WHERE cardinality(accepted_by) = 2;
CREATE INDEX walks_ended ON walks (end_time) WHERE end_time IS NOT NULL;
