"""The schema number alone, so that readers can compare it without loading the migrations."""

SCHEMA_VERSION = 1
