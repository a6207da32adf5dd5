"""What somebody sends who reports a concern: much may be told, little must, and everything is bounded."""

from dataclasses import replace
from hashlib import sha256
from hmac import digest
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.concern.actions.reporting import Draft
from services.concern.domain.acting import Custody, Facts, Living
from services.concern.domain.dialogue import FORM_DANISH, Form
from services.concern.domain.identifiers import LONGEST_WRITTEN, IdentifierKind, Issuer, as_written
from services.concern.domain.informing import WHY_NOT_DANISH, Informer, Informing, WhyNot
from services.concern.domain.kinds import GROUND_DANISH, Ground
from shared.idempotency import Once
from shared.text import Day, Line, Moment, Truth, WireIn, Words
from shared.vocabulary import glossed

MOST_IDENTIFIERS = 3
MOST_ADULTS = 4
_NO_CPR = "; no civil registration number (R45)"
_Municipality = Annotated[str, Field(pattern="^0[0-9]{3}$")]
_CODE = "four digits, as in /municipalities (R46)"
_PLACE = _CODE + "; leave it out if you do not know"
_CHILD: Any = {"name": "Ask Eksempel", "birth_date": "2023-05-04", "address": "Prøvevej 1, 3000 Helsingør"}
_WHERE: Any = {"stays_in": "0217", "custody": "one", "holder_in": "0217"}
_SAID: Any = {
    "concern": "Ask er ofte sulten, når han kommer, og han har ikke haft varmt tøj på hele ugen.",
    "family_view": "Mor siger, at hun er meget træt, og at hun gerne vil have hjælp.",
    "tried": "Vi har talt med mor to gange og tilbudt hjælp til at aflevere.",
}


class IdentifierIn(WireIn):
    """A number somebody is known by: the one place where one is taken; sealed, and never told back (R45)."""

    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_extra={"examples": [{"kind": "cpr", "value": "610123-1234"}]}
    )

    kind: IdentifierKind = Field(description="cpr (days plus 60 too), x-ecpr (national), d-ecpr (a region's)")
    value: SecretStr = Field(
        min_length=1, max_length=LONGEST_WRITTEN, description="with or without hyphen and spaces; never told back"
    )
    issuer: Issuer | None = Field(default=None, description="of a d-ecpr: which region's it is")

    def sealed(self) -> dict[str, object]:
        """Return it to be sealed.

        Raises:
            IdentifierRefused: it does not have the form of its kind.
        """
        return {"kind": self.kind, "value": as_written(self.kind, self.value.get_secret_value()), "issuer": self.issuer}


_Identifiers = Annotated[
    tuple[IdentifierIn, ...],
    Field(max_length=MOST_IDENTIFIERS, description="numbers they are known by, if you know and may use them"),
]


class ChildIn(WireIn):
    """The child or young person, or the one that is not born: as much as you know, and nothing is needed."""

    model_config = ConfigDict(hide_input_in_errors=True, json_schema_extra={"examples": [_CHILD]})

    unborn: Truth = Field(default=False, description="the child is not born yet")
    name: Line | None = Field(default=None, description="the child's name" + _NO_CPR)
    birth_date: Day | None = Field(default=None, description="of a child that is born, under 18")
    due_date: Day | None = Field(default=None, description="of a child that is not born (termin)")
    address: Line | None = Field(default=None, description="where the child is found" + _NO_CPR)
    reached_at: Line | None = Field(default=None, description="daycare, school or the like" + _NO_CPR)
    identifiers: _Identifiers = ()


class AdultIn(WireIn):
    """A grown-up around the child: a parent, the pregnant woman, or somebody else who matters."""

    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_extra={"examples": [{"relation": "mor", "name": "Mia Eksempel"}]}
    )

    relation: Line = Field(description="who they are to the child, as you would say it" + _NO_CPR)
    name: Line | None = Field(default=None, description="their name" + _NO_CPR)
    contact: Line | None = Field(default=None, description="telephone, address or e-mail" + _NO_CPR)
    identifiers: _Identifiers = ()


class WhereIn(WireIn):
    """What you know of where the family lives: it says which municipality acts (R39). Only `stays_in` is needed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WHERE]})

    stays_in: _Municipality = Field(description="where the child, or the pregnant woman, is now: " + _CODE)
    custody: Custody | None = Field(default=None, description="who holds custody, and whether they live together")
    holder_in: _Municipality | None = Field(default=None, description="where whoever holds custody lives: " + _PLACE)
    living: Living | None = Field(default=None, description="parents apart with joint custody: how the child lives")
    mostly_in: _Municipality | None = Field(default=None, description="where the child lives most: " + _PLACE)
    cpr_in: _Municipality | None = Field(default=None, description="where the child is registered: " + _PLACE)
    mother_in: _Municipality | None = Field(default=None, description="where the pregnant woman lives: " + _PLACE)
    in_shelter: Truth = Field(default=False, description="they live in a crisis centre or the like")
    before_shelter: _Municipality | None = Field(default=None, description="where they came from: " + _PLACE)


class ConcernIn(WireIn):
    """The concern, in your own words."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAID]})

    concern: Words = Field(description="what you are concerned about" + _NO_CPR)
    observed: Words | None = Field(default=None, description="what you have seen and heard, and when" + _NO_CPR)
    child_view: Words | None = Field(default=None, description="what the child says and shows" + _NO_CPR)
    family_view: Words | None = Field(default=None, description="what the family says about it" + _NO_CPR)
    strengths: Words | None = Field(default=None, description="what goes well around the child" + _NO_CPR)
    tried: Words | None = Field(default=None, description="what has been tried, and how it went" + _NO_CPR)


class InformingIn(WireIn):
    """Whether you have told the parents that you report: when, or why not (R73)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"informed_at": "2026-11-20T09:30:00+01:00"}]})

    informed_at: Moment | None = Field(default=None, description="when you told them, not later than now")
    why_not: WhyNot | None = Field(
        default=None, description="instead: why you did not: " + glossed(WHY_NOT_DANISH.items())
    )

    def answer(self) -> Informing:
        """Return it as the rules know it."""
        return Informing(Informer.REPORTER, self.informed_at, self.why_not)


class ReporterIn(WireIn):
    """Who reports, as the authority may reach them; sealed."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"name": "Pia Prøve", "contact": "12 34 56 78", "relation": "pædagog"}]},
    )

    name: Line = Field(description="your name" + _NO_CPR)
    contact: Line | None = Field(default=None, description="telephone or e-mail, for the acknowledgement" + _NO_CPR)
    relation: Line | None = Field(default=None, description="your profession, or how you know the child" + _NO_CPR)


class _ReportIn(WireIn):
    ground: Ground = Field(description="why you report; which ones are yours depends on who you are (R29, R30): "
                           + glossed(GROUND_DANISH.items()))  # fmt: skip
    form: Form = Field(
        default=Form.ORDINARY,
        description="dialogue: with a meeting of you, the family and the adviser; the report is sent at once all the "
        "same (R31): " + glossed(FORM_DANISH.items()),
    )
    child: ChildIn = Field(default=ChildIn(), description="whom the concern is for, as much as you know")
    adults: tuple[AdultIn, ...] = Field(default=(), max_length=MOST_ADULTS, description="who is around the child")
    where: WhereIn = Field(description="where the family lives: it says which municipality acts (R39)")
    words: ConcernIn = Field(description="the concern, in your own words")
    parents: InformingIn | None = Field(
        default=None, description="whether you told the parents; needed of professionals"
    )
    running_measures: Truth | None = Field(
        default=None, description="the family has help from the municipality already, as far as you know (R34)"
    )
    anonymous: Truth = Field(default=False, description="nothing is kept of who you are; not for professionals (R36)")
    reporter: ReporterIn | None = Field(default=None, description="who you are; needed of professionals (R36)")

    def draft(self) -> Draft:
        """Return it as the use case takes it.

        Raises:
            IdentifierRefused: a number does not have the form of its kind.
        """
        child = self.child.model_dump(exclude={"identifiers"}, exclude_none=True)
        child["identifiers"] = [each.sealed() for each in self.child.identifiers]
        child["adults"] = [
            each.model_dump(exclude={"identifiers"}, exclude_none=True)
            | {"identifiers": [one.sealed() for one in each.identifiers]}
            for each in self.adults
        ]
        child["where"] = self.where.model_dump(exclude_none=True)
        return Draft(
            ground=self.ground,
            facts=Facts(unborn=self.child.unborn, **self.where.model_dump()),
            child=child,
            said=self.words.model_dump(exclude_none=True),
            form=self.form,
            birth_date=self.child.birth_date,
            due_date=self.child.due_date,
            anonymous=self.anonymous,
            reporter=None if self.reporter is None else self.reporter.model_dump(exclude_none=True),
            informing=None if self.parents is None else self.parents.answer(),
            running_measures=self.running_measures,
        )


_EXAMPLE: dict[str, Any] = {
    "ground": "neglect", "child": _CHILD, "adults": [{"relation": "mor", "name": "Mia Eksempel"}], "where": _WHERE,
    "words": _SAID,
}  # fmt: skip


class CitizenReportIn(_ReportIn):
    """A concern, as anybody may report it: with a name or without, with a login or without (BL § 135)."""

    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_extra={"examples": [_EXAMPLE | {"anonymous": True}]}
    )


class ReportIn(_ReportIn):
    """A concern, as a professional reports it: by name, for their unit (BL §§ 132, 133; BEK 1602/2023)."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                _EXAMPLE
                | {
                    "ground": "may_need_support",
                    "parents": {"informed_at": "2026-11-20T09:30:00+01:00"},
                    "reporter": {"name": "Pia Prøve", "contact": "12 34 56 78", "relation": "pædagog"},
                }
            ]
        },
    )

    moving: Truth = Field(
        default=False, description="the family has moved, and you are the authority where it lived (BL § 132, R37)"
    )
    summary: Words | None = Field(
        default=None, description="of a family that has moved: a summary of the assessments made (R37)" + _NO_CPR
    )

    def for_professional(self) -> Draft:
        """Return it as the use case takes it.

        Raises:
            IdentifierRefused: a number does not have the form of its kind.
        """
        return replace(self.draft(), moving=self.moving, summary=self.summary)


class FurtherIn(WireIn):
    """Something more, after the report was sent."""

    model_config = ConfigDict(
        hide_input_in_errors=True, json_schema_extra={"examples": [{"text": "I dag fortalte Ask, at mor er syg."}]}
    )

    text: Words = Field(description="in your own words" + _NO_CPR)


def once_sealed(scope: str, key: str | None, body: BaseModel, *about: object) -> Once:
    """Return what tells this post apart, of a body whose words are sealed everywhere else.

    A digest of them in the clear would let whoever holds the database try out what was said. So it is keyed with the
    caller's own key, and of that key a digest alone is kept: who has not sent it can try nothing.
    """
    if key is None:
        return Once(scope, None, b"")
    told = [body.model_dump(), [str(part) for part in about]]
    content = orjson.dumps(told, default=_revealed, option=orjson.OPT_SORT_KEYS)
    return Once(scope, sha256(f"{scope} {key}".encode()).hexdigest(), digest(key.encode(), content, "sha256"))


def _revealed(value: SecretStr) -> str:
    """Return a secret as it is."""
    return value.get_secret_value()
