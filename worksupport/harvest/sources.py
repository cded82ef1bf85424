"""The sources of a run: which services are on and asked, and how each fared."""

from worksupport.clients import github, jira
from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import ConfigurationError, ExitCode, WorksupportError
from worksupport.harvest.github_source import GitHubSource
from worksupport.harvest.jira_source import JiraSource
from worksupport.harvest.pipeline import End, Source
from worksupport.outcome import SourceOutcome
from worksupport.source_names import SOURCES
from worksupport.store.database import Store
from worksupport.store.reference import known_accounts


def first_outcomes(settings: Settings, only: str | None) -> dict[str, SourceOutcome]:
    """Every source by name, as the run starts: 'running', 'off' (no credentials) or 'skipped' (by --source).

    Raises ConfigurationError if `only` names a source that is off.
    """
    on = {"jira": settings.jira is not None, "github": settings.github is not None}
    if only and not on[only]:
        raise ConfigurationError(
            f"--source {only}: {only} is off, {settings.path} has no credentials for it",
            f"set {only}.api_token in {settings.path}",
        )
    return {name: _first_outcome(name, on[name], only in (None, name)) for name in SOURCES}


def _first_outcome(name: str, is_on: bool, wanted: bool) -> SourceOutcome:
    status = "off" if not is_on else "running" if wanted else "skipped"
    return SourceOutcome(name, is_on=is_on, asked=is_on and wanted, status=status)


def build_sources(
    settings: Settings, outcomes: dict[str, SourceOutcome], store: Store, clock: Clock
) -> list[Source]:
    """The sources to ask; nothing is sent yet."""
    patience = {
        "timeout_seconds": settings.timeout_seconds,
        "max_wait_seconds": settings.max_wait_seconds,
    }
    sources: list[Source] = []
    if settings.jira and outcomes["jira"].asked:
        client = jira.connect(settings.jira, clock=clock, **patience)
        sources.append(JiraSource(settings, settings.jira, client, known_accounts(store)))
    if settings.github and outcomes["github"].asked:
        sources.append(
            GitHubSource(settings, settings.github, github.connect(settings.github, clock=clock, **patience))
        )
    return sources


def ended(outcome: SourceOutcome, source: Source, end: End) -> None:
    """Write into `outcome` what the source tells at its end. A bug's exception is raised again."""
    count_requests(outcome, source)
    outcome.left_out += source.findings.left_out
    outcome.warnings = source.findings.warnings
    outcome.roots = source.findings.roots
    if end.error:
        failed(outcome, end.error)


def count_requests(outcome: SourceOutcome, source: Source) -> None:
    """Write into `outcome` what the source has sent so far."""
    outcome.requests = source.service.requests
    outcome.retries = source.service.retries


def failed(outcome: SourceOutcome, error: Exception) -> None:
    """The source broke off with `error`. A bug's exception is raised again."""
    if not isinstance(error, WorksupportError):
        raise error
    outcome.status = "failed"
    outcome.error_message = f"{error.message} ({error.hint})" if error.hint else error.message
    outcome.exit_code = ExitCode(error.exit_code)
