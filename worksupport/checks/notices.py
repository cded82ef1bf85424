"""Up to when was each address of `notify` told? Nothing is posted to find out."""

import sqlite3
from datetime import datetime
from pathlib import Path

from worksupport.checks.base import Check
from worksupport.config.settings import Settings
from worksupport.model.times import local_text
from worksupport.queries.reader import answer
from worksupport.store.notices import told_until


def check_notices(settings: Settings, database: Path, now: datetime) -> list[Check]:
    """One check; none where no address is configured."""
    urls = {"Slack": settings.notify.slack_url, "Teams": settings.notify.teams_url}

    def lines(connection: sqlite3.Connection) -> list[str]:
        told = {title: told_until(connection, url) for title, url in urls.items() if url}
        return [
            f"{title}: {f'told up to {local_text(at, now)}' if at else 'nothing told yet'}"
            for title, at in told.items()
        ]

    detail = "\n".join(answer(database, lines))
    return [Check("notices", True, detail)] if detail else []
