CREATE TABLE mechanism.idempotency (
  scope text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  -- json, not jsonb: a repeat gets the first answer byte for byte. Null only inside the first transaction.
  outcome json,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (scope, operation, key)
);

CREATE INDEX idempotency_created_at ON mechanism.idempotency (created_at);
