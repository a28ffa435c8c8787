-- Where this store stands in a move (backhaul move). No row: in none. One that is arriving is not complete, one that left
-- is sealed by triggers on every table; neither can be opened.
CREATE TABLE move (
  one         integer PRIMARY KEY CHECK (one = 1),
  state       text NOT NULL CHECK (state IN ('arriving', 'arrived', 'left')),
  other       text NOT NULL,            -- the store it comes from, or went to
  at          bigint NOT NULL
);

-- What has arrived of each table, written with its rows.
CREATE TABLE move_progress (
  name        text PRIMARY KEY,         -- of the table
  row_count   bigint NOT NULL,
  last_key    bytea NOT NULL            -- of the last row, in the order of keys
);

-- What the triggers of a sealed store run: a node that was stopped while its store was moved must do nothing more.
CREATE FUNCTION refuse_as_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this store was moved to %', (SELECT other FROM move) USING ERRCODE = '55000';
END
$$;
