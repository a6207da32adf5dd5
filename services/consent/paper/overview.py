"""Everything on one page: the answers, who has seen what, and what is told by law, for each person it is about."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from services.consent.domain.giving import danish_day
from services.consent.domain.model import Capacity, Effect, PersonId
from services.consent.domain.section11e.parties import PROFESSION_DANISH
from services.consent.domain.section11e.told import KIND_DANISH, LAW, Held, Part, outcome_danish
from services.consent.domain.told import Cause, GroundLine, SeenLine, Told
from services.consent.paper.page import Blank, Block, Heading, Items, Page, Paragraph, Table
from services.consent.paper.sheet import state_in_words
from services.consent.paper.standing import standing
from services.consent.paper.words import (
    HIDDEN_PLACE,
    day,
    kinds,
    law_in_full,
    listed,
    named,
    place,
    places,
    reader_of,
    wording,
)
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category

_ANSWERS = ("Svar", "Hvem fortæller", "Til hvem", "Hvad", "Til hvad", "Gælder det?")
_HEADINGS = {
    Capacity.SELF: "Om dig",
    Capacity.PREGNANT: "Om det barn, du venter",
    Capacity.CUSTODY: "Om dit barn",
    Capacity.REPRESENTATIVE: "Om den, du svarer for",
}


def overview(
    told: Sequence[Told], seen: Sequence[SeenLine], on: date, person: PersonId, grounds: Sequence[GroundLine] = (),
    held: Sequence[Held] = (),
) -> Page:  # fmt: skip
    """Return all answers that `person` may see, who has seen what, and what is told by law, as of the day `on` (R52).

    Subjects come in the order in which they are first met, the reader first; answers as they are given; what was
    seen, what the law lets be told (R17), and meetings the reader was told of (R14), newest first.
    """
    met = [each.record.subject for each in told] + [line.subject for line in seen] + [line.subject for line in grounds]
    met += [each.subject for each in held]
    subjects = dict.fromkeys([person, *met])
    first = "Her står hvert ja og hvert nej, også det, der er slut, og hvem der har set hvad."
    blocks: list[Block] = [Paragraph(first)]
    for subject in subjects:
        answers = [each for each in told if each.record.subject == subject]
        blocks += _answers(subject, answers, on, person)
        blocks += _seen([line for line in seen if line.subject == subject])
        blocks += _by_law([line for line in grounds if line.subject == subject], on)
        blocks += _meetings([each for each in held if each.subject == subject])
    blocks += [
        Heading("Godt at vide", 2),
        Items(
            (
                "Du kan altid tage et ja tilbage: det hele eller en del af det. Det koster ikke retten til hjælp.",
                "Navne på medarbejdere står her ikke. Du kan se, hvilket sted det var.",
                "Er noget forkert, kan du bede det sted, der har fortalt det, om at få det rettet.",
                "Du kan klage til Datatilsynet (datatilsynet.dk).",
            )
        ),
    ]
    title = "Mine samtykker, og hvem der har set hvad"
    return Page(title, tuple(blocks), f"Udskrevet {day(on)}. Siden viser, hvad der gælder den dag.")


def _answers(subject: PersonId, told: Sequence[Told], on: date, person: PersonId) -> Iterator[Block]:
    yield Heading(_HEADINGS[Capacity.SELF] if subject == person else _about(told, on), 2)
    yield Blank("Navn")
    yield Heading("Mine samtykker" if subject == person else "Samtykker", 3)
    if told:
        yield Table("Hvert ja og hvert nej", _ANSWERS, tuple(_answer(each, on, person) for each in told))
    else:
        yield Paragraph("Der er ikke svaret noget endnu.")


def _about(told: Sequence[Told], on: date) -> str:
    """Return the heading over what is about somebody else: a child that was waited for is one once it is born."""
    capacities = [each.record.capacity for each in told]
    last = capacities[-1] if capacities else Capacity.REPRESENTATIVE
    born = Capacity.CUSTODY in capacities or any(standing(each, on).cause is Cause.BIRTH for each in told)
    return "Om barnet" if last is Capacity.PREGNANT and born else _HEADINGS[last]


def _answer(told: Told, on: date, person: PersonId) -> tuple[str, ...]:
    record = told.record
    now = standing(told, on)
    said = wording(record, reader_of(record, person))
    permit = record.effect is Effect.PERMIT
    way = " (begge veje)" if record.mutual or not permit else ""
    return (
        f"{said.giver} sagde {'ja' if permit else 'nej'} {day(danish_day(record.valid_from))}",
        place(told.units, record.sender),
        listed(places(told.units, record.recipients)) + way,
        kinds(record.categories),
        PURPOSE_DANISH[record.purpose] if permit else "Hvad det end skal bruges til",
        state_in_words(now),
    )


def _seen(lines: Sequence[SeenLine]) -> Iterator[Block]:
    """Tell who has seen what: one line for each day, place, purpose and law, however often and how many kinds."""
    yield Heading("Hvem har set hvad", 3)
    grouped: dict[tuple[date, str, str, str], Counter[Category]] = {}
    for line in sorted(lines, key=lambda each: each.on, reverse=True):
        unit = "" if line.unit_name == HIDDEN_PLACE else named(line.unit_name, line.organisation_name)
        why = "Der er sagt ja til det." if line.law is None else f"Loven: {law_in_full(line.law)}."
        purpose = PURPOSE_DANISH[line.purpose].lower()
        grouped.setdefault((line.on, unit, purpose, why), Counter())[line.category] += 1
    if not grouped:
        yield Paragraph("Ingen har set noget.")
        return
    yield Items(
        tuple(
            f"{day(seen_on)}: {unit or 'Et sted'} så {_counted(kinds_seen)}. Til: {purpose}. {why}"
            + ("" if unit else f" {HIDDEN_PLACE}.")
            for (seen_on, unit, purpose, why), kinds_seen in grouped.items()
        )
    )


def _counted(seen: Counter[Category]) -> str:
    """Return kinds in the order of the vocabulary, and how often: once for all of them, where it is the same."""
    told = [(CATEGORY_DANISH[each].lower(), seen[each]) for each in Category if each in seen]
    if len(set(seen.values())) > 1:
        return ", ".join(f"{word} ({_times(number)})" for word, number in told)
    often = told[0][1]
    return ", ".join(word for word, _ in told) + ("" if often == 1 else f" ({_times(often)})")


def _times(number: int) -> str:
    return "1 gang" if number == 1 else f"{number} gange"


def _by_law(lines: Sequence[GroundLine], on: date) -> Iterator[Block]:
    if lines:
        yield Heading("Fortalt efter loven, uden jeres ja", 3)
        yield Paragraph("Nogle få gange siger loven, at noget må fortælles uden jeres ja. Så er grunden skrevet ned.")
        newest = sorted(lines, key=lambda each: each.on, reverse=True)
        yield Items(tuple(_ground(each, on) for each in newest))


def _ground(line: GroundLine, on: date) -> str:
    unit = line.unit_name
    what = kinds(line.categories).lower()
    told = f"fortælle {listed(line.recipients)} om {what} uden jeres ja"
    if line.until < on:
        may = f"{unit} måtte {told}, fra {day(line.on)} til {day(line.until)}."
    elif line.on > on:
        may = f"{unit} må {told}, fra {day(line.on)} til {day(line.until)}."
    else:
        may = f"{unit} må {told}, til {day(line.until)}."
    return f"{may} Loven: {law_in_full(line.law)}: {line.danish}. Du kan spørge {unit} om grunden."


def _meetings(held: Sequence[Held]) -> Iterator[Block]:
    if held:
        yield Heading("Møder uden samtykke", 3)
        yield Paragraph(
            "Loven lader dem, der er om et barn, holde ét møde uden samtykke, når det er nødvendigt for at "
            "hjælpe tidligt, og i særlige tilfælde ét til. Det, der blev sagt, er slettet."
        )
        yield Items(tuple(map(_meeting, sorted(held, key=lambda each: each.ended_at, reverse=True))))


def _meeting(each: Held) -> str:
    """Tell of a meeting: the day, which places and professions, which kinds, what it led to, and by which law."""
    what = KIND_DANISH[each.kind].lower()
    if each.hidden:
        who = listed(listed(PROFESSION_DANISH[one] for one in part.professions) for part in each.parts)
        told = [CATEGORY_DANISH[one].lower() for one in Category if any(one in part.categories for part in each.parts)]
        kinds_told = f"Der blev fortalt om {', '.join(told)}." if told else _NOTHING_TOLD
        ask = f"{HIDDEN_PLACE}."
    else:
        who = listed(_part(part) for part in each.parts)
        told = [
            f"{part.unit.name} fortalte om {kinds(part.categories).lower()}." for part in each.parts if part.categories
        ]
        kinds_told = " ".join(told) or _NOTHING_TOLD
        ask = f"{each.called_by.name} indkaldte."
    first = f"{day(danish_day(each.ended_at))}: {what} mellem {who}. {ask}"
    return f"{first} {kinds_told} {outcome_danish(each.outcome)} Loven: {law_in_full(LAW)}."


def _part(part: Part) -> str:
    unit = named(part.unit.name, part.unit.organisation_name)
    return f"{unit} ved {listed(PROFESSION_DANISH[one] for one in part.professions)}"


_NOTHING_TOLD = "Ingen har skrevet, at der blev fortalt noget."
