"""The filling half: runs that ask the sources and store what they bring."""
