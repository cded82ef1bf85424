"""The services that issues come from, in the order in which everything names them."""

SOURCES = ("jira", "github")
