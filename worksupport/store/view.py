"""A view that strangers read: its columns, what they say, and the statement that creates it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

# Of what DuckDB passes over; the second comment since Python's dump puts a semicolon after the last word.
_END = "--\r */\n/* */"
_TIME = re.compile("(^|_)at$|^not_before$")


@dataclass(frozen=True)
class View:
    """`rows`: what one is; `columns`: of each its SQL and what it says; `origin`: where they come from.

    `begin`: what stands before the SELECT. `like`: of which column of `issues` a column has the type that
    neither is text nor the type of a column. `numbers`: the columns of whole numbers.
    """

    name: str
    rows: str
    columns: Mapping[str, tuple[str, str]]
    origin: str
    begin: str = ""
    like: Mapping[str, str] = field(default_factory=dict)
    numbers: Collection[str] = ()

    @property
    def sql(self) -> str:
        """The statement, with what the columns say as comments: `.schema` shows them."""
        columns = [(f"    {self._typed(name)} AS [{name}]", says) for name, (_, says) in self.columns.items()]
        lines = [*(f"{column}, -- {says}" for column, says in columns[:-1]), " -- ".join(columns[-1])]
        head = f"CREATE VIEW {self.name} AS -- {self.rows}"
        begin = filter(None, [self.begin])
        return "\n".join([head, *self._for_duckdb, *begin, "SELECT", *lines, self.origin, _END])

    @property
    def as_text(self) -> tuple[str, str]:
        """Name and statement of the view on which this one stands in DuckDB, where all its values are text.

        DuckDB does not know `likely`, and so hands the whole statement to SQLite.
        """
        name = f"text_of_{self.name}"
        return name, f"CREATE VIEW {name} AS SELECT {self.name}.* FROM (SELECT likely(1)), {self.name}"

    @property
    def _for_duckdb(self) -> tuple[str, str]:
        """What DuckDB reads of the statement after ATTACH.

        It takes what it can parse for SQL of its own, in which JSON means something else. To it a carriage
        return ends a comment, to SQLite it does not: the one sees a line where the other sees the rest. Names
        in brackets are there for the day on which that changes: what it cannot parse it refuses.
        """
        columns = ", ".join(map(self._cast, self.columns))
        return (
            "-- DuckDB takes a carriage return for the end of a comment, and reads the next line alone.",
            f"--\r SELECT {columns} FROM {self.as_text[0]} /*",
        )

    def _cast(self, name: str) -> str:
        if name in self.numbers:
            return f'CAST("{name}" AS BIGINT) AS "{name}"'
        return f'CAST("{name}" AS TIMESTAMP) AS "{name}"' if _TIME.search(name) else f'"{name}"'

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
