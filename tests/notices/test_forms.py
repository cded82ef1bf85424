"""A digest in both forms, whatever strangers write: within limits, whole lines, text that is only text."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels import Seen, read_by_slack, read_by_teams
from worksupport.notices import slack, teams
from worksupport.notices.digest import Digest, Line
from worksupport.store.notices import Cursor
from worksupport.text import visible

URL = "https://acme.example/browse/A-1?x=1&y=2"
_TRICKS = (
    *(
        "<!channel>",
        "<!here|x>",
        "<@U012>",
        "<#C012>",
        "<https://evil.example|A-1>",
        "@channel",
        "&lt;!here&gt;",
    ),
    *("[A-1](https://evil.example)", "![x](https://evil.example)", "<at>Ann</at>", "<https://evil.example>"),
    *(
        "```",
        "`",
        "**",
        "__",
        "~~",
        "\\",
        "\\[",
        "]",
        "](",
        "# ",
        "- ",
        "1. ",
        "> ",
        "&#42;",
        "&",
        "|",
        "<",
        ">",
    ),
    *("\u202e", "漢", "😀", "e\u0301\u0301\u0301", " "),
)
texts = st.lists(st.one_of(st.sampled_from(_TRICKS), st.text(max_size=10)), max_size=12).map(
    lambda parts: " ".join(visible("".join(parts)).split())[:120]
)
keys = st.sampled_from(["A-1", "owner/repo#12", "my_repo/an_other_one#3", "a|b-1", "a]b-1"])
urls = st.sampled_from(
    [None, URL, "https://a.example/(x)", "https://a.example/x|y", "https://a.example/[x]*"]
)
lines = st.builds(Line, keys, urls, texts, texts.map(lambda text: text[:80]), st.integers(1, 3))
groups = st.builds(
    lambda heading, below: [heading, *below],
    st.builds(Line, keys, st.none(), texts),
    st.lists(lines, min_size=1, max_size=4),
)
digests = st.builds(
    Digest,
    st.just("2026-11-26T00:00:00.000Z"),
    st.just(Cursor(1, "2026-11-27T08:00:00.000Z")),
    st.integers(1, 9),
    texts.map(lambda text: f"9 changes ({text})"),
    # Few lines show what becomes of each, many of the same that no more than fit are there.
    st.tuples(st.lists(groups, max_size=3), st.sampled_from([1, 1, 40])).map(
        lambda drawn: tuple(line for group in drawn[0] * drawn[1] for line in group)
    ),
    st.lists(texts.map(lambda text: f"x {text}".rstrip()), max_size=2).map(tuple),
)


def of_slack(digest: Digest) -> Seen:
    return read_by_slack(slack.message(digest))


def of_teams(digest: Digest) -> Seen:
    return read_by_teams(json.dumps(teams.message(digest)).encode())


def words(text: str) -> str:
    """Without what the forms put between, and with the one mark that Slack cannot show as it is."""
    return re.sub(r"[\s\u2022:*]+", "", text.replace("`", "'"))


@settings(max_examples=40)
@pytest.mark.parametrize("read", [of_slack, of_teams])
@given(digest=digests)
def test_people_see_the_text_and_our_links_only(read: object, digest: Digest) -> None:
    """What a service makes of a message is what the digest says, in its order; what is left out, counted."""
    assert callable(read)
    seen = read(digest)
    shown = words(seen.text)
    found = re.search(r"^(\d+) more$", seen.text, re.MULTILINE)
    left = int(found[1]) if found else 0
    told = list(digest.lines)
    while told and sum(line.count for line in digest.lines[len(told) :]) < left:
        told.pop()
    while left and told and not told[-1].count:
        told.pop()
    expected = [
        digest.head,
        *(part for line in told for part in (line.key, line.title, line.news if line.count else "")),
    ]
    assert shown.startswith(words("".join(expected)))
    assert shown.endswith(words("".join(digest.tail)))
    assert {address for _, address in seen.links} <= {line.url for line in digest.lines}
    assert {text for text, _ in seen.links} <= {line.key for line in digest.lines}
