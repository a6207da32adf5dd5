"""What is sent of a concern report: checked here as the service checks it; no words in a `repr` or an error."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    SerializationInfo,
    StrictBool,
    StringConstraints,
    field_serializer,
    model_validator,
)

from familiebro_client.concern.lists import (
    Custody,
    Form,
    Ground,
    Living,
    WhyNot,
)
from familiebro_client.lists import Issuer
from familiebro_client.sent import REVEAL, Sent, Words

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Municipality = Annotated[str, StringConstraints(pattern="^0[0-9]{3}$")]
"""By its code: four digits."""


class Identifier(Sent):
    """A number somebody is known by, if you may use it; masked in every `repr` and dump but the one for the wire."""

    kind: Literal["cpr", "x-ecpr", "d-ecpr"]
    value: SecretStr = Field(min_length=1, max_length=40)
    issuer: Issuer | None = Field(default=None, description="of a d-ecpr: which region's it is")

    @field_serializer("value")
    def _only_for_the_wire(self, value: SecretStr, info: SerializationInfo) -> str:
        return value.get_secret_value() if (info.context or {}).get(REVEAL) else "**********"


class Child(Sent):
    """The child, or the one that is not born: as much as you know. Nothing is needed."""

    unborn: StrictBool = False
    name: Line | None = None
    birth_date: date | None = Field(default=None, description="of a child that is born, under 18")
    due_date: date | None = Field(default=None, description="of a child that is not born (termin)")
    address: Line | None = Field(default=None, description="where the child is found")
    reached_at: Line | None = Field(default=None, description="daycare, school or the like")
    identifiers: tuple[Identifier, ...] = Field(default=(), max_length=3)

    @model_validator(mode="after")
    def _born_or_not(self) -> "Child":
        if (self.birth_date if self.unborn else self.due_date) is not None:
            msg = "the birth date goes with a child that is born, the due date with one that is not"
            raise ValueError(msg)
        return self


class Adult(Sent):
    """A grown-up around the child: a parent, the pregnant woman, somebody else who matters."""

    relation: Line = Field(description="who they are to the child, as you would say it")
    name: Line | None = None
    contact: Line | None = None
    identifiers: tuple[Identifier, ...] = Field(default=(), max_length=3)


class Where(Sent):
    """What you know of where the family lives: it says which municipality acts. Only `stays_in` is needed."""

    stays_in: Municipality = Field(description="where the child, or the pregnant woman, is now")
    custody: Custody | None = None
    holder_in: Municipality | None = Field(default=None, description="where whoever holds custody lives")
    living: Living | None = Field(default=None, description="parents apart with joint custody: how the child lives")
    mostly_in: Municipality | None = Field(default=None, description="where the child lives most")
    cpr_in: Municipality | None = Field(default=None, description="where the child is registered")
    mother_in: Municipality | None = Field(default=None, description="where the pregnant woman lives")
    in_shelter: StrictBool = Field(default=False, description="they live in a crisis centre or the like")
    before_shelter: Municipality | None = Field(default=None, description="where they came from")


class Concern(Sent):
    """The concern, in the reporter's own words. No civil registration number here: the service refuses it."""

    concern: Words
    observed: Words | None = Field(default=None, description="what you have seen and heard, and when")
    child_view: Words | None = Field(default=None, description="what the child says and shows")
    family_view: Words | None = Field(default=None, description="what the family says about it")
    strengths: Words | None = Field(default=None, description="what goes well around the child")
    tried: Words | None = Field(default=None, description="what has been tried, and how it went")


class Informing(Sent):
    """Whether you have told the parents that you report: when, or why not; one of the two."""

    informed_at: AwareDatetime | None = None
    why_not: WhyNot | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> "Informing":
        if (self.informed_at is None) is (self.why_not is None):
            msg = "say when the parents were told, or why not"
            raise ValueError(msg)
        return self


class Reporter(Sent):
    """Who reports, as the authority may reach them."""

    name: Line
    contact: Line | None = None
    relation: Line | None = Field(default=None, description="your profession, or how you know the child")


class Report(Sent):
    """A concern as a professional reports it: by name, and having told the parents or said why not."""

    ground: Ground
    form: Form = Form.ORDINARY
    child: Child = Child()
    adults: tuple[Adult, ...] = Field(default=(), max_length=4)
    where: Where
    words: Concern
    parents: Informing | None = Field(default=None, description="needed")
    running_measures: StrictBool | None = Field(default=None, description="the family has help already; None: unknown")
    anonymous: StrictBool = Field(default=False, description="never of a professional")
    reporter: Reporter | None = Field(default=None, description="needed")
    moving: StrictBool = Field(default=False, description="you are the authority the family has moved from")
    summary: Words | None = Field(default=None, description="with `moving`, and only there: of the assessments made")

    @model_validator(mode="after")
    def _whole(self) -> "Report":
        for what, so in (
            ("whether the parents were told, or why not, is missing", self.parents is not None),
            ("a professional reports by name", self.reporter is not None and not self.anonymous),
            ("the summary goes with a family that has moved, and only there", self.moving is bool(self.summary)),
        ):
            if not so:
                raise ValueError(what)
        return self


class Further(Sent):
    """Something said after the report; `address` is where it is posted."""

    address: ClassVar[str]
    text: Words


class Addition(Further):
    """More of what you know."""

    address = "additions"


class Correction(Further):
    """How it is, in place of what was wrong; what was said first still stands beside it."""

    address = "corrections"
    corrects: UUID = Field(description="the id of the piece, from `said` of `OwnReport`")
