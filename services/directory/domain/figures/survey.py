"""The survey of 2021 as it was published (seed 003), to stand beside what the directory counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One bar of a figure: its code, its name, whole percent for `all` and the groups told of, and its lines."""

    code: str
    name: str
    percent: Mapping[str, int]
    lines: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure of the survey: what was asked, and of whom."""

    number: int
    question: str
    among: str
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class SurveyGroup:
    """One of the typology's groups, and how many municipalities were in it (figure 3)."""

    number: int
    name: str
    municipalities: int
    lines: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey: its title, when it was asked, how many municipalities answered, and its figures."""

    title: str
    asked: str
    answered: int
    lines: str
    groups: Sequence[SurveyGroup]
    figures: Mapping[int, Asked]


def survey(said: Mapping[str, Any]) -> Survey:
    """Return the survey that `data/survey.toml`, parsed, tells of; the file is ours and complete."""
    head = said["survey"]
    asked = [
        Asked(
            number=figure["number"],
            question=figure["question"],
            among=figure["among"],
            answers=[
                Answer(each["code"], each["name"], each["percent"], each["source"]["lines"])
                for each in figure["answers"]
            ],
        )
        for figure in said["figure"]
    ]
    return Survey(
        title=head["title"],
        asked=head["asked"],
        answered=head["municipalities_answered"],
        lines=head["source"]["lines"],
        groups=[
            SurveyGroup(each["number"], each["name"], each["municipalities"], each["source"]["lines"])
            for each in said["group"]
        ],
        figures={each.number: each for each in asked},
    )
