"""All that is known of GitHub; the vendor's facts it relies on are in README.md beside it."""
