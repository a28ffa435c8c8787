ALTER TABLE attempts ADD CONSTRAINT attempts_job_fkey FOREIGN KEY (job) REFERENCES jobs (id);
ALTER TABLE jobs ADD CONSTRAINT jobs_return_id_fkey FOREIGN KEY (return_id) REFERENCES returns (id);
ALTER TABLE rmas ADD CONSTRAINT rmas_return_id_fkey FOREIGN KEY (return_id) REFERENCES returns (id);
ALTER TABLE subjects ADD CONSTRAINT subjects_return_id_fkey FOREIGN KEY (return_id) REFERENCES returns (id);
