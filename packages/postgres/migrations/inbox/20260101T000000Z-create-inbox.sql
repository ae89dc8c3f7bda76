CREATE TABLE mechanism.inbox (
  consumer text NOT NULL,
  event_id uuid NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (consumer, event_id)
);

CREATE INDEX inbox_received_at ON mechanism.inbox (received_at);
