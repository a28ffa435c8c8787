ALTER TABLE subjects DROP COLUMN read_event;
