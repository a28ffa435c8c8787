-- Each check of these locks the row of the connection, which all nodes' deliveries and jobs have in common. Rows of
-- connections are never deleted, and a session looks up each number it uses.
ALTER TABLE subjects DROP CONSTRAINT subjects_connection_fkey;
ALTER TABLE jobs DROP CONSTRAINT jobs_connection_fkey;
ALTER TABLE rmas DROP CONSTRAINT rmas_connection_fkey;
