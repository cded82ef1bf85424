"""`worksupport notify`: what has changed since the last time, to channels of Slack and Teams."""

import logging

from worksupport import log, output
from worksupport.commands.progress import is_watched
from worksupport.context import Context
from worksupport.errors import ConfigurationError, ExitCode, WorksupportError, gravest
from worksupport.model.filters import Filters
from worksupport.model.times import local_text
from worksupport.notices.post import Address, Notice, addresses, notices_document, tell, would_tell
from worksupport.queries.reader import answer
from worksupport.queries.remarks import remarks
from worksupport.render import terminal
from worksupport.store.notices import told_by_one

logger = logging.getLogger(__name__)


def notify(context: Context, *, filters: Filters, dry_run: bool, as_json: bool) -> None:
    """Tell each configured address, or print what each service would get.

    Raises the error of the one that failed, or one of all that did.
    """
    known = addresses(context.settings)
    configured = [address for address in known if address.url]
    if dry_run:
        notices = [would_tell(each, context.settings, filters, context.clock) for each in configured or known]
    else:
        notices = _told(context, configured, filters)
    if dry_run or as_json:
        output.write(output.json_text(notices_document(notices)))
    _remark(context, filters, is_empty=not any(notice.digest.count for notice in notices))
    if errors := [notice.error for notice in notices if notice.error]:
        raise _as_one(errors)


def _told(context: Context, configured: list[Address], filters: Filters) -> list[Notice]:
    if not configured:
        raise ConfigurationError(
            "there is nobody to tell: neither notify.slack_url nor notify.teams_url is set",
            "worksupport notify --dry-run prints what they would get",
        )
    settings, clock = context.settings, context.clock
    notices = []
    # A signal ends it at once, wherever it is: what it has not noted, the next one tells again.
    with told_by_one(settings.database_path, clock, settings.max_wait_seconds):
        for address in configured:
            notices.append(tell(address, settings, filters, clock, is_watched=is_watched()))
            _log(context, notices[-1])
    return notices


def _log(context: Context, notice: Notice) -> None:
    digest, title = notice.digest, notice.address.title
    if notice.status == "sent":
        logger.log(log.SUMMARY, f"notify: {title} has it: {digest.head}")
    elif notice.status == "nothing":
        since = local_text(digest.since, context.clock.now())
        logger.log(log.SUMMARY, f"notify: nothing to tell {title}: no change since {since}")


def _remark(context: Context, filters: Filters, *, is_empty: bool) -> None:
    """What is surely wrong: data that is too old, a name that nobody has."""
    if context.options.verbosity >= 0:
        now, path = context.clock.now(), context.database_path
        terminal.show_hints(answer(path, lambda found: remarks(found, now, filters, None, is_empty=is_empty)))


def _as_one(errors: list[WorksupportError]) -> WorksupportError:
    if len(errors) == 1:
        return errors[0]
    one = WorksupportError(
        "\n".join(error.message for error in errors), "; ".join(error.hint for error in errors if error.hint)
    )
    one.exit_code = gravest([ExitCode(error.exit_code) for error in errors])
    return one
