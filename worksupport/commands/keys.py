"""`worksupport keys`: issue keys for people, xargs and jq."""

from typing import Annotated

import typer

from worksupport.commands import candidates, options
from worksupport.context import Context

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
    from worksupport.queries.keys import KeysQuestion, keys_document, keys_lines
    from worksupport.queries.reader import answer
    from worksupport.text import visible

    since = options.moment_of(changed_since, context)
    question = KeysQuestion(source, assignee, label, issue_type, parent_key, missing, since)
    options.refuse_two_forms(as_json, ndjson)
    if ndjson:
        output.write(answer(context.database_path, lambda found: keys_lines(found, question)))
        return
    document = answer(context.database_path, lambda found: keys_document(found, question))
    if as_json:
        output.write(output.json_text(document))
    else:
        output.write("".join(f"{visible(key)}\n" for key in document["issue_keys"]))
    if not document["issue_keys"]:
        explain_emptiness(context, question)
