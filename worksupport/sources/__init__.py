"""The services that issues come from, one folder each with all that is known of it; `registry` lists them."""
