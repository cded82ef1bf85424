"""All that is known of Jira; the vendor's facts it relies on are in README.md beside it."""
