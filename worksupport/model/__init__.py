"""What both halves agree on: names, fields, filters, the hierarchy; it imports nothing of ours but errors."""
