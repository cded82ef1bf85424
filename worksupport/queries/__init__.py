"""The reading half: every question that commands and `serve` ask of the database."""
