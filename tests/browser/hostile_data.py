"""A database in which every text is an attack on a page."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.commands.hostile import TITLES
from tests.filled_database import fill, issue, result

_NOW = "2026-11-22T10:00:00.000Z"
TEXTS = (
    "<script>alert(1)</script>",
    "</script></style></title><img src=x onerror=alert(1)>",
    '"\' onmouseover="alert(1)" x=\'',
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}&lt;b&gt;&#60;i&#62;",
    "x" * 5000,
    *(text for name, text in TITLES.items() if name not in ("long", "empty")),
)
_DESCRIPTION = """# {text}

[run](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) ![seen](http://evil.example/x.png)
<img src=x onerror=alert(1)> <http://evil.example/> [mine](https://jira.example/browse/H-2)

```
{text}
```

|{head}|
|{rule}|
|{text}|
"""


def fill_with_hostile_text(path: Path) -> Path:
    """One product version of features whose title, status, assignee, label and address are one of `TEXTS`,
    and another with a single branch of 40 levels.
    """
    top = issue("H-1", "Product Version", summary=TEXTS[1], url="javascript:alert(1)")
    below = [
        issue(
            f"H-{number}",
            "Feature",
            parent="H-1",
            summary=text,
            status=text[:300],
            assignees=[text[:300]],
            labels=[text],
            url=text,
            reporter=text[:300],
            priority=text[:300],
        )
        for number, text in enumerate(TEXTS, 2)
    ]
    chain = [issue("DEEP-0", "Product Version")]
    chain += [issue(f"DEEP-{number}", parent=f"DEEP-{number - 1}") for number in range(1, 40)]
    path = fill(path, [top, *below, *chain], results=[result("r", "jira", ended_at=_NOW)])
    columns = {"head": "a|" * 40, "rule": "-|" * 40}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "UPDATE issue_texts SET description = ? WHERE issue_key = ?",
            [
                (_DESCRIPTION.format(text=text, **columns), f"H-{number}")
                for number, text in enumerate(TEXTS, 2)
            ],
        )
    return path
