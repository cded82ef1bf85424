"""Is everything fit to run: one plain function per check, each answering with a `Check`."""
