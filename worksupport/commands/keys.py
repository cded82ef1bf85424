"""`worksupport keys`: issue keys for people, xargs and jq."""

from typing import TYPE_CHECKING, Annotated

import typer

from worksupport.commands import candidates, options
from worksupport.context import Context

if TYPE_CHECKING:
    import sqlite3

    from worksupport.queries.keys import KeysQuestion

IssueType = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Of this type.", autocompletion=candidates.issue_types),
]
ParentKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Directly below this issue.", autocompletion=candidates.keys),
]
Missing = Annotated[bool, typer.Option("--missing", help="Those a harvest no longer found.")]


def keys(
    context: Context,
    source: options.Source = None,
    assignee: options.Assignee = None,
    label: options.Label = None,
    issue_type: IssueType = None,
    parent_key: ParentKey = None,
    changed_since: options.ChangedSince = None,
    missing: Missing = False,
    as_json: options.Json = False,
    ndjson: options.Ndjson = False,
) -> None:
    """Print issue keys, one per line, in natural order.

    Filters are combined with AND and compare whole values, without regard to case.

    \b
    Examples:
      worksupport keys --assignee "Jane Smith" --issue-type Story
      worksupport keys --source jira --json | jq -r '.issue_keys[]'
    """
    from worksupport import output
    from worksupport.commands.emptiness import explain_emptiness
    from worksupport.queries.keys import NO_KEYS, KeysQuestion, keys_lines, keys_text
    from worksupport.queries.reader import answer

    since = options.moment_of(changed_since, context)
    question = KeysQuestion(source, assignee, label, issue_type, parent_key, since, missing=missing)
    options.refuse_two_forms(as_json, ndjson)
    form = keys_text if as_json else keys_lines if ndjson else _plain
    text = answer(context.database_path, lambda found: form(found, question))
    output.write(text)
    if not text or (as_json and text.startswith(NO_KEYS)):
        explain_emptiness(context, question)


def _plain(connection: "sqlite3.Connection", question: "KeysQuestion") -> str:
    from worksupport.queries.keys import issue_keys
    from worksupport.text import visible

    return "".join(f"{visible(key)}\n" for key in issue_keys(connection, question))
