"""GitHub search text: quoting, groups, and ranges that neither overlap nor leave gaps."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worksupport.sources.github.search import Span, created_between, issue_query, quote

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_one_person_stands_alone_and_several_in_parentheses() -> None:
    """A bare OR would leave label and scope behind and search all of GitHub."""
    assert issue_query("in progress", ["octo"]) == 'is:issue label:"in progress" assignee:octo'
    assert issue_query("bug", ["a", "b-c", "d_e"], "org:acme repo:x/y ") == (
        'is:issue label:"bug" org:acme repo:x/y (assignee:a OR assignee:b-c OR assignee:d_e)'
    )


def test_awkward_labels_and_logins_stay_inside_their_quotes() -> None:
    assert quote('a "b" \\c: d') == r'"a \"b\" \\c: d"'
    assert issue_query("x", ["a OR assignee:b"]) == 'is:issue label:"x" assignee:"a OR assignee:b"'


def test_a_range_is_one_qualifier() -> None:
    """Two bounds apart would mean OR since advanced search."""
    assert created_between("q", NOON, NOON + timedelta(days=1)) == (
        "q created:2026-11-22T12:00:00Z..2026-11-23T12:00:00Z"
    )


_moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(_moments, _moments, _moments | st.none(), _moments)
def test_halves_neither_overlap_nor_leave_gaps(
    one: datetime, other: datetime, earliest: datetime | None, now: datetime
) -> None:
    """Both are shorter than the whole, so that splitting ends, at the latest at one second."""
    span = Span(min(one, other), max(one, other))
    halves = span.halves(earliest, now)
    if halves is None:
        assert span.first == span.last or (earliest and earliest >= span.last)
        return
    left, right = halves
    assert (left.first, right.last) == (span.first, span.last)
    assert right.first - left.last == timedelta(seconds=1)
    assert left.first <= left.last
    assert right.first <= right.last
