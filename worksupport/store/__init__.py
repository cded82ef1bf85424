"""The database as it is written: the only writer, the lock, the schema, the records of runs."""
