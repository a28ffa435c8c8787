ALTER TABLE subjects ADD CONSTRAINT subjects_connection_fkey FOREIGN KEY (connection) REFERENCES connections (number);
ALTER TABLE jobs ADD CONSTRAINT jobs_connection_fkey FOREIGN KEY (connection) REFERENCES connections (number);
ALTER TABLE rmas ADD CONSTRAINT rmas_connection_fkey FOREIGN KEY (connection) REFERENCES connections (number);
