"""A view that strangers read: its columns, what they say, and the statement that creates it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class View:
    """`rows`: what one is; `columns`: of each its SQL and what it says; `origin`: where they come from.

    `begin`: what stands before the SELECT. `like`: of which column of `issues` a column has the type that
    neither is text nor the type of a column.
    """

    name: str
    rows: str
    columns: Mapping[str, tuple[str, str]]
    origin: str
    begin: str = ""
    like: Mapping[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The statement, with what the columns say as comments: `.schema` shows them.

        DuckDB takes what it can parse for SQL of its own, in which JSON means something else. Names in
        brackets it cannot: it lets SQLite carry out the view, or refuses.
        """
        columns = [(f"    {self._typed(name)} AS [{name}]", says) for name, (_, says) in self.columns.items()]
        lines = [*(f"{column}, -- {says}" for column, says in columns[:-1]), " -- ".join(columns[-1])]
        head = f"CREATE VIEW {self.name} AS -- {self.rows}"
        return "\n".join([head, *filter(None, [self.begin]), "SELECT", *lines, self.origin])

    def _typed(self, name: str) -> str:
        """The column's SQL, so that it has a type.

        SQLite tells strangers the type of a column, of an expression none, which DuckDB then takes for bytes.
        Of two SELECTs in a row it tells the type of the second; this one never has a row.
        """
        sql = self.columns[name][0]
        if re.fullmatch(r"[\w.]+", sql) and name not in self.like:
            return sql
        like = self.like.get(name, "summary")
        return f"(SELECT {sql} UNION ALL SELECT issues.{like} FROM issues WHERE false)"
