"""`worksupport serve`: the same documents as the command line prints, over HTTP."""
