"""The hierarchy as a document: literal forms, odd shapes, filters, and the same as a naive program."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.filled_database import fill, issue
from worksupport.errors import NotFoundError, UsageError
from worksupport.model.filters import Filters
from worksupport.output import json_text
from worksupport.queries.reader import answer
from worksupport.queries.tree import TreeQuestion, tree_document, tree_text

PV = "Product Version"


def _question(
    key: str | None = None, root_type: str | None = None, max_depth: int = 5, **filters: str | None
) -> TreeQuestion:
    return TreeQuestion(key, root_type, max_depth, Filters(**filters))


def ask(path: Path, **question: Any) -> dict[str, Any]:
    """The tree document for a question."""
    return answer(path, lambda found: tree_document(found, _question(**question)))


def shape(nodes: list[dict[str, Any]]) -> list[Any]:
    """Keys alone: a leaf as its key, a branch as [key, children...]."""
    return [
        [node["issue_key"], *shape(node["children"])] if node["children"] else node["issue_key"]
        for node in nodes
    ]


def test_document_byte_for_byte(tmp_path: Path) -> None:
    """Field order, separators, escapes and nulls are the contract of scripts."""
    hostile = 'a\x1b[31m "b" \\ [bold]\n\tü\u202e😀\x7f\u2028</script>'
    path = fill(
        tmp_path / "issues.db",
        [
            issue(
                "PV-1",
                PV,
                summary=hostile,
                assignees=["Åsa"],
                labels=["x", 'y"\x7fü'],
                priority="High",
                due_date="2026-12-04",
                fix_versions='["4.2"]',
                updated_at="2026-01-03T00:00:00.000Z",
            ),
            issue("F-1", "Feature", parent="PV-1", status="Done", updated_at="2026-01-02T00:00:00.000Z"),
            issue("PV-2", PV, summary="", status=None, labels=())
            | {"labels": None, "url": None, "summary": None},
        ],
        harvests=[{"run_id": "h", "completed_at": "2026-01-01T00:00:00.000Z", "status": "completed"}],
    )
    assert answer(path, lambda found: tree_text(found, TreeQuestion())) == (
        '{"hierarchy":[{"issue_key":"PV-1",'
        '"summary":'
        '"a\\u001b[31m \\"b\\" \\\\ [bold]\\n\\t\\u00fc\\u202e\\ud83d\\ude00\\u007f\\u2028</script>",'
        '"issue_type":"Product Version","vendor_type":null,"state":"todo","status":"Open",'
        '"status_category":"new","assignee":"\\u00c5sa","assignees":["\\u00c5sa"],'
        '"labels":["x","y\\"\\u007f\\u00fc"],"source":"jira","url":"https://acme.example/browse/PV-1",'
        '"parent_key":null,"priority":"High","resolution":null,"reporter":null,"due_date":"2026-12-04",'
        '"fix_versions":["4.2"],"created_at":null,"updated_at":"2026-01-03T00:00:00.000Z","closed_at":null,"missing_reason":null,'
        '"done":1,"total":1,"dropped":0,"children_omitted":0,"changed_at":"2026-01-02T00:00:00.000Z",'
        '"children":[{"issue_key":"F-1","summary":"Title of F-1","issue_type":"Feature","vendor_type":null,'
        '"state":"done","status":"Done","status_category":"done","assignee":null,"assignees":[],'
        '"labels":[],"source":"jira","url":"https://acme.example/browse/F-1","parent_key":"PV-1",'
        '"priority":null,"resolution":null,"reporter":null,"due_date":null,"fix_versions":[],'
        '"created_at":null,"updated_at":"2026-01-02T00:00:00.000Z","closed_at":null,"missing_reason":null,"done":0,"total":0,'
        '"dropped":0,"children_omitted":0,"changed_at":"2026-01-02T00:00:00.000Z","children":[]}]},'
        '{"issue_key":"PV-2","summary":null,"issue_type":"Product Version","vendor_type":null,"state":"todo",'
        '"status":null,"status_category":null,"assignee":null,"assignees":[],"labels":[],"source":"jira",'
        '"url":null,"parent_key":null,"priority":null,"resolution":null,"reporter":null,"due_date":null,'
        '"fix_versions":[],"created_at":null,"updated_at":null,"closed_at":null,"missing_reason":null,'
        '"done":0,"total":0,"dropped":0,"children_omitted":0,"changed_at":null,"children":[]}],'
        '"total_count":2,"outside":0,"outside_issues":[],"harvested_at":"2026-01-01T00:00:00.000Z",'
        '"sources":{"jira":null,"github":null}}\n'
    )


def test_empty_database(tmp_path: Path) -> None:
    assert answer(fill(tmp_path / "issues.db"), lambda found: tree_text(found, TreeQuestion())) == (
        '{"hierarchy":[],"total_count":0,"outside":0,"outside_issues":[],"harvested_at":null,'
        '"sources":{"jira":null,"github":null}}\n'
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two product versions with features, stories and everything that has no place below them."""
    return fill(
        tmp_path / "issues.db",
        [
            issue("PV-10", PV),
            issue("PV-2", PV),
            issue("F-10", "Feature", parent="PV-2"),
            issue("F-9", "Feature", parent="PV-2", status="Done"),
            issue("S-1", "Story", parent="F-10", status="Done", assignees=["Anna"], labels=["Web"]),
            issue("S-2", "Story", parent="F-10", assignees=["Bo", "Anna"]),
            issue("T-1", "Task", parent="S-2", status="In Progress", assignees=["Bo"], labels=["web"]),
            issue("C-1", "Customer Adoption", parent="PV-10", assignees=["Bo"]),
            issue("GONE-1", "Story", parent="F-10", missing_since="2026-01-01T00:00:00.000Z"),
            issue("UNDER-1", "Story", parent="GONE-1"),
            issue("ORPHAN-1", "Story", parent="ELSE-1"),
            issue("A-1", "Feature", parent="B-1"),
            issue("B-1", "Feature", parent="A-1"),
            issue("SELF-1", "Feature", parent="SELF-1"),
            issue("acme/web#1", None, source="github", assignees=["Anna"], labels=["web"]),
        ],
    )


def test_natural_order_counts_and_outside(path: Path) -> None:
    document = ask(path)
    assert shape(document["hierarchy"]) == [
        ["PV-2", "F-9", ["F-10", "S-1", ["S-2", "T-1"]]],
        ["PV-10", "C-1"],
    ]
    assert document["total_count"] == 2
    assert document["outside"] == 6
    assert [(root["done"], root["total"]) for root in document["hierarchy"]] == [(2, 5), (0, 1)]


def test_depth_cuts_but_counts_all(path: Path) -> None:
    document = ask(path, max_depth=1)
    assert shape(document["hierarchy"]) == ["PV-2", "PV-10"]
    first = document["hierarchy"][0]
    assert (first["done"], first["total"], first["children_omitted"]) == (2, 5, 2)
    assert document["outside"] == 6


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"assignee": "ANNA"}, [["PV-2", ["F-10", "S-1", "S-2"]]]),
        ({"label": "web"}, [["PV-2", ["F-10", "S-1", ["S-2", "T-1"]]]]),
        ({"status": "in progress"}, [["PV-2", ["F-10", ["S-2", "T-1"]]]]),
        ({"assignee": "bo", "label": "WEB"}, [["PV-2", ["F-10", ["S-2", "T-1"]]]]),
        ({"assignee": "Anna", "status": "done"}, [["PV-2", ["F-10", "S-1"]]]),
        ({"assignee": "nobody"}, []),
        ({"label": "web", "max_depth": 2}, [["PV-2", "F-10"]]),
    ],
)
def test_filters_keep_matches_and_the_path_to_them(
    path: Path, filters: dict[str, Any], expected: list[Any]
) -> None:
    document = ask(path, **filters)
    assert shape(document["hierarchy"]) == expected
    assert (document["total_count"], document["outside"]) == (len(expected), 6)


def test_a_filter_says_what_it_omits(path: Path) -> None:
    root = ask(path, assignee="Anna")["hierarchy"][0]
    assert (root["children_omitted"], root["children"][0]["children_omitted"]) == (1, 0)
    assert root["children"][0]["children"][1]["children_omitted"] == 1


def test_another_root_type(path: Path) -> None:
    document = ask(path, root_type="feature")
    assert shape(document["hierarchy"]) == ["A-1", "B-1", "F-9", ["F-10", "S-1", ["S-2", "T-1"]], "SELF-1"]
    assert document["outside"] == 6
    assert ask(path, root_type="Epic")["hierarchy"] == []


@pytest.mark.parametrize("key", ["F-10", "f-10"])
def test_below_one_issue(path: Path, key: str) -> None:
    document = ask(path, key=key)
    assert shape(document["hierarchy"]) == [["F-10", "S-1", ["S-2", "T-1"]]]
    assert (document["total_count"], document["outside"]) == (1, 10)


def test_a_cycle_is_cut_where_the_tree_begins(path: Path) -> None:
    assert shape(ask(path, key="A-1")["hierarchy"]) == [["A-1", "B-1"]]
    assert shape(ask(path, key="SELF-1")["hierarchy"]) == ["SELF-1"]


def test_a_root_below_another_stands_once_at_the_top(tmp_path: Path) -> None:
    rows = [issue("PV-1", PV), issue("F-1", "Feature", parent="PV-1"), issue("PV-2", PV, parent="F-1")]
    document = ask(fill(tmp_path / "issues.db", rows))
    assert shape(document["hierarchy"]) == [["PV-1", "F-1"], "PV-2"]
    assert document["hierarchy"][0]["total"] == 1


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("NO-1", "there is no issue 'NO-1' here"),
        ("GONE-1", "issue 'GONE-1' is missing: no harvest has found it since 2026-01-01T00:00:00.000Z"),
    ],
)
def test_a_key_that_is_not_there(path: Path, key: str, message: str) -> None:
    with pytest.raises(NotFoundError) as raised:
        ask(path, key=key)
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"max_depth": 0}, r"the depth is 0; it must be 1 to 100 \(1: roots only\)"),
        ({"max_depth": 101}, r"the depth is 101; it must be 1 to 100 \(1: roots only\)"),
        ({"key": "PV-1", "root_type": "Story"}, "leave one out"),
    ],
)
def test_values_there_are_not(question: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _question(**question)


def test_600_levels(tmp_path: Path) -> None:
    """Deeper than Python's recursion allows: shown down to 100, counted down to the last."""
    rows = [
        issue(f"P-{n}", PV if n == 0 else "Story", parent=f"P-{n - 1}", status="Done") for n in range(600)
    ]
    path = fill(tmp_path / "issues.db", rows)
    document = ask(path, max_depth=100)
    node = document["hierarchy"][0]
    assert (node["done"], node["total"], document["outside"]) == (599, 599, 0)
    for _ in range(99):
        (node,) = node["children"]
    assert (node["issue_key"], node["total"], node["children_omitted"]) == ("P-99", 500, 1)
    assert shape(ask(path, key="P-598")["hierarchy"]) == [["P-598", "P-599"]]


def naive_issue(row: dict[str, Any]) -> dict[str, Any]:
    """An issue of an answer, from its row."""
    plain = (
        "priority",
        "resolution",
        "reporter",
        "due_date",
        "created_at",
        "updated_at",
        "closed_at",
        "missing_reason",
    )
    later = {name: row.get(name) for name in plain}
    return {
        "issue_key": row["issue_key"],
        "summary": row["summary"],
        "issue_type": PV if row["issue_type_id"] == 10004 else "Story",
        "vendor_type": None,
        "state": row["state"],
        "status": row["status"],
        "status_category": row["status_category"],
        "assignee": row["assignee"],
        "assignees": json.loads(row["assignees"]),
        "labels": json.loads(row["labels"]),
        "source": row["source"],
        "url": row["url"],
        "parent_key": row["parent_key"],
        **{name: later.pop(name) for name in plain[:4]},
        "fix_versions": [],
        **later,
    }


def naive_document(rows: list[dict[str, Any]], question: TreeQuestion) -> dict[str, Any]:
    """The same document from dicts, by recursion, as one would write it first."""
    given = dict(question.filters.texts())
    children: dict[str, list[dict[str, Any]]] = {row["issue_key"]: [] for row in rows}
    roots = [row for row in rows if row["issue_type_id"] == 10004]
    for row in rows:
        if row not in roots and row["parent_key"] in children:
            children[row["parent_key"]].append(row)
    by_number = lambda row: int(row["issue_key"][2:])  # noqa: E731

    def below(row: dict[str, Any]) -> list[dict[str, Any]]:
        return [found for child in children[row["issue_key"]] for found in (child, *below(child))]

    def matches(row: dict[str, Any]) -> bool:
        fits_label = "label" not in given or given["label"] in json.loads(row["labels"])
        return fits_label and ("status" not in given or given["status"] == row["status"])

    def node(row: dict[str, Any], depth: int) -> dict[str, Any]:
        placed = sorted(children[row["issue_key"]], key=by_number)
        kept = [
            child
            for child in placed
            if depth < question.max_depth and any(map(matches, (child, *below(child))))
        ]
        times = [found["updated_at"] for found in below(row) if found.get("updated_at")]
        return {
            **naive_issue(row),
            "done": sum(found["state"] in ("done", "dropped") for found in below(row)),
            "total": len(below(row)),
            "dropped": sum(found["state"] == "dropped" for found in below(row)),
            "children_omitted": len(placed) - len(kept),
            "changed_at": max(times, default=row.get("updated_at")),
            "children": [node(child, depth + 1) for child in kept],
        }

    kept = [root for root in sorted(roots, key=by_number) if any(map(matches, (root, *below(root))))]
    placed = [row for root in roots for row in (root, *below(root))]
    outside = [row for row in sorted(rows, key=by_number) if row not in placed]
    return {
        "hierarchy": [node(root, 1) for root in kept],
        "total_count": len(kept),
        "outside": len(outside),
        "outside_issues": [naive_issue(row) for row in outside if matches(row)],
        "harvested_at": None,
        "sources": {"jira": None, "github": None},
    }


storable_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@st.composite
def some_issues(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to twelve issues with any titles and labels; parents make trees, cycles and orphans."""
    numbers = draw(st.permutations(range(draw(st.integers(0, 12)))))
    return [
        issue(
            f"P-{number}",
            draw(st.sampled_from([PV, "Story", "Story"])),
            parent=draw(st.sampled_from([None, *(f"P-{other}" for other in range(13))])),
            summary=draw(storable_text),
            status=draw(st.sampled_from(["Open", "Done", "🚧"])),
            labels=draw(st.lists(st.sampled_from(["web", 'ü"\x7f\\']), unique=True)),
            assignees=draw(st.lists(storable_text, max_size=1)),
        )
        for number in numbers
    ]


questions = st.builds(
    _question,
    max_depth=st.integers(1, 6),
    label=st.sampled_from([None, None, "web", 'ü"\x7f\\']),
    status=st.sampled_from([None, None, "Done", "🚧"]),
)


@settings(max_examples=40)
@given(rows=some_issues(), question=questions)
def test_same_as_the_naive_program(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], question: TreeQuestion
) -> None:
    """Text joined from text equals the dicts of a plain program, byte for byte."""
    path = fill(tmp_path_factory.mktemp("tree") / "issues.db", rows)
    assert answer(path, lambda found: tree_text(found, question)) == json_text(naive_document(rows, question))


def test_the_newest_change_below_is_also_that_of_a_parent(tmp_path: Path) -> None:
    rows = [
        issue("PV-1", "Product Version", updated_at="2026-11-01T00:00:00.000Z"),
        issue("FEAT-1", "Feature", parent="PV-1", updated_at="2026-11-03T00:00:00.000Z"),
        issue("STORY-1", parent="FEAT-1", updated_at="2026-11-02T00:00:00.000Z"),
    ]
    path = fill(tmp_path / "team.db", rows)
    (top,) = answer(path, lambda found: tree_document(found, TreeQuestion()))["hierarchy"]
    assert top["changed_at"] == "2026-11-03T00:00:00.000Z"
    assert top["children"][0]["changed_at"] == "2026-11-02T00:00:00.000Z"
