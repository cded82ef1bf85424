"""`worksupport search`: another name of `list`."""

from worksupport.commands.list import list as search

__all__ = ["search"]
