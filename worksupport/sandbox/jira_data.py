"""Some 300 made-up Jira issues in a believable tree; the same for the same seed."""

import random
from datetime import datetime, timedelta
from typing import Any

from worksupport.sandbox import vocabulary
from worksupport.sandbox.exchange import Raw
from worksupport.sandbox.team import COLLEAGUES, Person
from worksupport.sandbox.world import World, moment

LATEST = datetime(2026, 11, 20, 17, 0)
# Per version: when its work began, and how far it is (the statuses of its issues, repeated by weight).
_PHASES = (
    (datetime(2025, 5, 5), ("Done",) * 9 + ("Won't Do",)),
    (datetime(2026, 2, 2), ("Done",) * 5 + ("In Progress",) * 3 + ("In Review", "Blocked") + ("To Do",) * 3),
    (datetime(2026, 8, 3), ("To Do",) * 8 + ("In Progress",)),
)
_VERSION_STATUS = ("Done", "In Progress", "To Do")


def jira_time(moment: datetime) -> str:
    """A time as the site writes it: milliseconds, and New York's offset without a colon."""
    offset = "-0400" if 4 <= moment.month <= 10 else "-0500"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{offset}"


class JiraMaker:
    """Fills a world with the tree and what grows beside it."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = random.Random(seed)
        self._assignable = [person for person in world.team if person.has_jira]

    def fill(self) -> None:
        """Make every issue, version by version as a team would."""
        for phase in range(3):
            for project, product, versions, features in vocabulary.PRODUCTS:
                version = self._version(project, f"{product} {versions[phase]}", phase)
                for topic in features[phase]:
                    self._feature(project, topic, phase, version)
                self._adoption(f"{product} {versions[phase]}", phase, version)
        self._neighbours()

    def _version(self, project: str, name: str, phase: int) -> Raw:
        given = {
            "labels": ["SE_product_family", name.split()[0].casefold()],
            "status": _VERSION_STATUS[phase],
        }
        return self._issue(project, "Product Version", name, phase, **given)

    def _feature(self, project: str, topic: str, phase: int, version: Raw) -> None:
        feature = self._issue(project, "Feature", topic[0].upper() + topic[1:], phase, parent=version)
        stories = [
            self._issue(project, "Story", text.format(topic), phase, parent=feature)
            for text in self._some(vocabulary.STORIES, 2, 3)
        ]
        for text in self._some(vocabulary.TASKS, 1, 2):
            # Platform people do some of the work, in their own project.
            where = "AIMP" if self._random.random() < 0.2 else project
            self._issue(where, "Task", text.format(topic), phase, parent=feature)
        for text in self._some(vocabulary.SUB_TASKS, 0, 1):
            self._issue(project if project != "IACU" else "AIMP", "Sub-task", text, phase, parent=stories[0])
        for text in self._some(vocabulary.BUGS, 0, 1):
            labels = self._labels(support=0.5)
            self._issue(project, "Bug", text.format(topic), phase, parent=feature, labels=labels)
        self._sum_up(feature, stories)

    def _adoption(self, name: str, phase: int, version: Raw) -> None:
        customer = self._random.choice(vocabulary.CUSTOMERS)
        adoption = self._issue("IACU", "Customer Adoption", f"{name} at {customer}", phase, parent=version)
        stories = [
            self._issue("IACU", "Story", text.format(customer), phase, parent=adoption)
            for text in self._some(vocabulary.ROLL_OUT, 2, 3)
        ]
        self._sum_up(adoption, stories)
        # A task below an adoption is not part of the hierarchy: the walk must not bring it.
        self._issue("IACU", "Task", f"Book the meeting room for {customer}", phase, parent=adoption)

    def _sum_up(self, issue: Raw, stories: list[Raw]) -> None:
        """The status that follows from the stories below."""
        categories = {story["fields"]["status"]["statusCategory"]["key"] for story in stories}
        status = {"done": "Done", "new": "To Do"}.get("".join(categories), "In Progress")
        done = status == "Done"
        updated = max((story["fields"]["updated"] for story in stories), key=moment)
        fields = {"status": self._world.statuses[status], "updated": updated}
        issue["fields"].update(**fields, resolutiondate=updated if done else None)

    def _neighbours(self) -> None:
        """What a harvest must leave alone: other projects, other types, labels that only look alike."""
        for summary in vocabulary.EPICS:
            self._issue("AIMP", "Epic", summary, 1, labels=["SE_product_family"])
        for number, label in enumerate(("SE_product_family", "SE_product_family", "SE_product_family")):
            self._issue("WEB", "Product Version", f"Website 2026.{number + 1}", 1, labels=[label])
        for label in ("SE_product_family_old", "se_product_family"):
            self._issue("IAIPORT", "Product Version", f"Claims Portal 3.9 ({label})", 0, labels=[label])
        for text in vocabulary.ROLL_OUT:
            summary = text.format("the canteen card")
            self._issue("DO", "Task", summary, 1, labels=["work-support-old"], assignee=self._assignable[0])
            self._issue("DO", "Task", summary, 1, labels=["Work-Support"], assignee=self._assignable[1])
            self._issue("DO", "Task", summary, 1, labels=["work-support"], assignee=COLLEAGUES[0])
            self._issue("DO", "Bug", summary, 1, labels=["work-support"], assignee=self._assignable[2])

    def _issue(self, project: str, type_name: str, summary: str, phase: int, **given: Any) -> Raw:
        start, statuses = _PHASES[phase]
        status = given.get("status") or self._random.choice(statuses)
        created = start + self._time_within(timedelta(days=75))
        done = status in ("Done", "Won't Do")
        updated = created + self._time_within(timedelta(days=70))
        if not done:  # somebody has looked at open work lately
            updated = max(created, LATEST - (updated - created))
        updated = min(updated, LATEST)
        return self._world.add_jira_issue(
            project,
            type_name,
            summary=summary,
            created=jira_time(created),
            updated=jira_time(updated),
            **{"labels": self._labels(), "assignee": self._person(), **given, "status": status},
            resolutiondate=jira_time(updated) if done else None,
        )

    def _time_within(self, span: timedelta) -> timedelta:
        return timedelta(milliseconds=self._random.randrange(int(span.total_seconds() * 1000)))

    def _person(self) -> Person | None:
        chance = self._random.random()
        if chance < 0.12:
            return None
        return self._random.choice(self._assignable if chance < 0.92 else COLLEAGUES)

    def _labels(self, support: float = 0.05) -> list[str]:
        labels = self._some(vocabulary.OTHER_LABELS, 0, 2)
        return labels + ([self._world.jira_label] if self._random.random() < support else [])

    def _some(self, choices: tuple[str, ...], least: int, most: int) -> list[str]:
        return self._random.sample(choices, self._random.randint(least, most))
