"""Answers as people see them: on a terminal with rich, in a pipe as plain text."""
