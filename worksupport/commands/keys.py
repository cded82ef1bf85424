"""`worksupport keys`: issue keys for people, xargs and jq."""

from typing import Annotated

import typer

from worksupport.commands import options
from worksupport.context import Context


def keys(
    context: Context,
    source: Annotated[str | None, typer.Option(metavar="jira|github", help="Issues of one source.")] = None,
    assignee: Annotated[str | None, typer.Option(metavar="NAME", help="Assigned to this person.")] = None,
    label: Annotated[str | None, typer.Option(metavar="LABEL", help="With this label.")] = None,
    issue_type: Annotated[str | None, typer.Option(metavar="NAME", help="Of this type.")] = None,
    parent_key: Annotated[str | None, typer.Option(metavar="KEY", help="Directly below this issue.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Those a harvest no longer found.")] = False,
    as_json: options.Json = False,
) -> None:
    """Print the keys of the harvested issues, one per line, in natural order.

    Filters are combined with AND and compare whole values, without regard to case.

    \b
    worksupport keys --assignee "Anna Berg" --issue-type Story
    worksupport keys --source jira --json | jq -r '.issue_keys[]'
    """
    from worksupport import output
    from worksupport.commands.emptiness import explain_emptiness
    from worksupport.queries.keys import KeysQuestion, keys_document
    from worksupport.queries.reader import answer
    from worksupport.text import visible

    question = KeysQuestion(source, assignee, label, issue_type, parent_key, missing)
    document = answer(context.database_path, lambda connection: keys_document(connection, question))
    if as_json:
        output.write(output.json_text(document))
    else:
        output.write("".join(f"{visible(key)}\n" for key in document["issue_keys"]))
    if not document["issue_keys"]:
        explain_emptiness(context, question)
