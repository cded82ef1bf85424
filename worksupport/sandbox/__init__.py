"""A small Jira Cloud and GitHub with a made-up team's issues on loopback, for the demo and the tests."""
