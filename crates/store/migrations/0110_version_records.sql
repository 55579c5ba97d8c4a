-- What else is recorded about a version is signed with it, by its digest. A version without one was signed before that.
ALTER TABLE version_signatures ADD COLUMN record TEXT;
