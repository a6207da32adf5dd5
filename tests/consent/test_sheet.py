"""The sheet of an answer: every fact of it, and how it stands that day, in plain Danish for whoever reads."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from services.consent.domain.model import Capacity, Effect, Method, Regime, Withdrawal
from services.consent.domain.told import CAUSE_DANISH, STATE_DANISH, Cause, Event, State, Told, UnitTold
from services.consent.paper.page import seen
from services.consent.paper.sheet import sheet
from services.consent.paper.standing import standing
from services.consent.paper.web import html
from services.consent.paper.words import (
    ALONE_DANISH,
    LAW_DANISH,
    METHOD_DANISH,
    day,
    days,
    kinds,
    law_in_full,
    listed,
    moment,
    named,
    place,
)
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, Category
from tests.support.pages import (
    COPENHAGEN,
    ON,
    Reading,
    assert_harmless,
    days_of_asking,
    on_screen,
    person,
    readers,
    solid,
)
from tests.support.told import DAY, JASMIN, JONATHAN, MIDWIFE, SAID, THERAPIST, THILDE, UNTOLD, VOLUNTEERS, told, tolds


def expected(each: Told, on: date) -> Iterator[str]:
    """Say every fact that a sheet of it must hold."""
    record = each.record
    for unit in (record.sender, each.recorded_by_unit, *record.recipients):
        yield from [each.units[unit].name, each.units[unit].organisation_name] if unit in each.units else []
    yield from (CATEGORY_DANISH[kind] for kind in record.categories)
    yield PURPOSE_DANISH[record.purpose] if record.effect is Effect.PERMIT else PURPOSE_DANISH[record.purpose].lower()
    if record.effect is Effect.FORBID:
        yield "Ja. Det må heller ikke fortælles den anden vej"
        yield "Hvad det end skal bruges til i dette forløb. Der blev spurgt om"
    else:
        yield "Ja. De må også" if record.mutual else "Nej. Det gælder kun den ene vej."
        yield f"{PURPOSE_DANISH[record.purpose]}. Det gælder kun den hjælp, der er talt om."
    yield moment(record.valid_from)
    yield moment(each.recorded_at)
    yield METHOD_DANISH[each.method]
    yield from (LAW_DANISH[law] for law in record.basis.values())
    yield from (each.notice.title, f"Udgave {each.notice.version}", each.notice.id)
    yield from (note for note in (each.oral_note, each.not_written_because, each.alone_because) if note)
    for event in each.events:
        if event.at.astimezone(COPENHAGEN).date() <= on:
            yield moment(event.at)
            yield from [CAUSE_DANISH[event.cause]] if event.cause else []
            by = each.units.get(event.by_unit) if event.by_unit else None
            yield from [f"Skrevet ned af {by.name}"] if by else []
    yield from ("frivilligt", "Datatilsynet", "retten til hjælp")


@given(each=tolds(), on=days_of_asking, who=readers)
@settings(max_examples=200, deadline=None)
def test_every_fact_stands_on_the_screen_and_nothing_but_text_gets_in(each: Told, on: date, who: str) -> None:
    page = sheet(each, on, person(each, who))
    reading = Reading(html(page))
    found = solid(reading.text)
    assert UNTOLD not in reading.text
    assert [fact for fact in expected(each, on) if solid(seen(fact)) not in found] == []
    assert reading.open == []
    assert_harmless(reading)


@pytest.mark.parametrize(
    ("capacity", "who", "says", "about"),
    [
        (Capacity.SELF, "giver", "Du har sagt ja", "dette om dig: Helbred."),
        (Capacity.PREGNANT, "giver", "Du har sagt ja", "dette om det barn, du venter: Helbred."),
        (Capacity.CUSTODY, "giver", "Du har sagt ja", "dette om dit barn: Helbred."),
        (Capacity.REPRESENTATIVE, "giver", "Du har sagt ja", "dette om den, du svarer for: Helbred."),
        (Capacity.CUSTODY, "other", "Den anden med forældremyndighed har sagt ja", "dette om dit barn: Helbred."),
        (Capacity.CUSTODY, "subject", "Den ene med forældremyndighed har sagt ja", "dette om dig: Helbred."),
        (Capacity.REPRESENTATIVE, "subject", "Repræsentanten har sagt ja", "dette om dig: Helbred."),
        (Capacity.SELF, "staff", "Personen selv har sagt ja", "dette om personen selv: Helbred."),
        (Capacity.PREGNANT, "staff", "Den gravide har sagt ja", "dette om det barn, der ventes: Helbred."),
        (Capacity.CUSTODY, "staff", "Den ene med forældremyndighed har sagt ja", "dette om barnet: Helbred."),
    ],
)
def test_it_speaks_to_the_one_who_reads(capacity: Capacity, who: str, says: str, about: str) -> None:
    each = told(capacity=capacity, subject=THILDE if capacity is Capacity.SELF else JASMIN)
    text = on_screen(sheet(each, ON, person(each, who)))
    assert f"{says} til, at Jordemoderkonsultationen (Region Hovedstaden) må fortælle Familiehuset" in text
    assert about in text
    assert (who == "staff") == (re.search(r"\b([Dd]u|[Dd]ig|[Dd]it|[Dd]in)\b", text) is None)


def test_names_are_lines_to_write_on() -> None:
    assert on_screen(sheet(told(), ON, THILDE)).count("(skriv selv)") == 2
    own = told(subject=THILDE, capacity=Capacity.SELF)
    assert on_screen(sheet(own, ON, THILDE)).count("(skriv selv)") == 1


def test_a_reader_is_not_told_what_is_kept_from_him() -> None:
    text = on_screen(sheet(told(alone=True, method=Method.ORAL), ON, JONATHAN))
    assert "Det blev sagt" not in text
    assert "Hvorfor ikke på skrift" not in text
    assert "Hvorfor kun én svarer Grunden er skrevet ned." in text
    assert str(JASMIN) not in text
    assert str(THILDE) not in text


@pytest.mark.parametrize(
    ("until", "on", "says"),
    [
        (
            datetime(2026, 6, 1, tzinfo=COPENHAGEN),
            date(2026, 5, 10),
            "udløber om 21 dage. Den sidste dag er 31. maj 2026",
        ),
        (
            datetime(2026, 6, 1, tzinfo=COPENHAGEN),
            date(2026, 5, 30),
            "udløber om 1 dag. Den sidste dag er 31. maj 2026",
        ),
        (datetime(2026, 6, 1, tzinfo=COPENHAGEN), date(2026, 5, 31), "udløber i dag. Den sidste dag er 31. maj 2026."),
        (datetime(2026, 6, 1, tzinfo=COPENHAGEN), date(2026, 6, 1), "er udløbet. Den sidste dag var 31. maj 2026."),
        (datetime(2026, 6, 1, tzinfo=COPENHAGEN), date(2026, 5, 10), "Til 31. maj 2026 (den dag med)"),
        (
            datetime(2026, 6, 1, 0, 1, tzinfo=COPENHAGEN),
            date(2026, 6, 1),
            "udløber i dag. Den sidste dag er 1. juni 2026.",
        ),
        (datetime(2026, 6, 1, 14, 30, tzinfo=COPENHAGEN), date(2026, 5, 31), "Til 1. juni 2026 kl. 14.30"),
        (
            datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
            date(2026, 12, 31),
            "udløber i dag. Den sidste dag er 31. december",
        ),
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), date(2027, 3, 1), "Til 28. marts 2027 kl. 3.30"),
        (datetime(2026, 6, 1, tzinfo=COPENHAGEN), date(2026, 5, 3), "Dit samtykke gælder fra 4. maj 2026."),
    ],
)
def test_days_are_counted_in_denmark(until: datetime, on: date, says: str) -> None:
    assert says in on_screen(sheet(told(valid_until=until), on, THILDE))


AFTER = SAID + 2 * DAY


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Event(State.WITHDRAWN, AFTER), "Dit samtykke er trukket tilbage 6. maj 2026."),
        (Event(State.SUPERSEDED, AFTER), "Dit samtykke er afløst af et nyere svar 6. maj 2026."),
        (Event(State.INVALIDATED, AFTER, MIDWIFE, cause=Cause.MOVED),
         "Det ophørte 6. maj 2026. Familien er flyttet til en anden kommune."),
    ],
)  # fmt: skip
def test_what_has_ended_says_why_and_no_longer_how_to_withdraw(event: Event, says: str) -> None:
    each = told(events=(event,))
    text = on_screen(sheet(each, ON, THILDE))
    assert says in text
    assert "Der må ikke fortælles mere på grund af det." in text
    assert "Du sagde ja til" in text
    assert f"{moment(AFTER)}: {STATE_DANISH[event.state]}" in text
    assert "tage det tilbage" not in text
    assert "gælder nu" not in text
    assert "gælder nu" in on_screen(sheet(each, date(2026, 5, 5), THILDE))


def test_what_the_record_says_closes_though_no_event_is_told() -> None:
    assert standing(told(superseded_at=AFTER), ON).state is State.SUPERSEDED
    assert standing(told(invalidated_at=AFTER), ON).state is State.INVALIDATED
    assert standing(told(withdrawals=(Withdrawal(AFTER),)), ON).state is State.WITHDRAWN
    part = Withdrawal(AFTER, frozenset({THERAPIST}))
    assert standing(told(withdrawals=(part,)), ON).state is State.WITHDRAWN


def test_what_came_first_ended_it() -> None:
    events = (Event(State.WITHDRAWN, AFTER), Event(State.EXPIRED, AFTER + DAY))
    assert standing(told(events=events), ON).state is State.WITHDRAWN


def test_what_was_taken_back_in_part_is_told_with_what_is_left() -> None:
    kinds_said = frozenset({Category.HEALTH, Category.NETWORK})
    part = Event(State.WITHDRAWN, AFTER, None, frozenset({THERAPIST}), frozenset({Category.NETWORK}))
    each = told(categories=kinds_said, recipients=frozenset({THERAPIST, VOLUNTEERS}), events=(part,))
    text = on_screen(sheet(each, ON, THILDE))
    assert "Hvad: Netværk og familie. Over for hvem: Familiehuset (Helsingør Kommune)." in text
    assert "Familiehuset (Helsingør Kommune) Helbred Mødregruppen (Foreningen) Helbred, Netværk og familie" in text
    assert "Dit samtykke gælder nu." in text


def test_taking_back_each_part_is_taking_back_all() -> None:
    parts = tuple(Event(State.WITHDRAWN, AFTER, recipients=frozenset({to})) for to in (THERAPIST, VOLUNTEERS))
    each = told(recipients=frozenset({THERAPIST, VOLUNTEERS}), events=parts)
    assert standing(each, ON).state is State.WITHDRAWN
    assert "trukket tilbage 6. maj 2026" in on_screen(sheet(each, ON, THILDE))


@given(each=tolds(), on=days_of_asking)
@settings(max_examples=300, deadline=None)
def test_what_is_left_is_what_nobody_took_back_and_has_not_ended(each: Told, on: date) -> None:
    night = datetime(on.year, on.month, on.day, tzinfo=COPENHAGEN) + timedelta(days=1)
    happened = [event for event in each.events if event.at < night and event.state not in {State.GIVEN, State.REFUSED}]
    until = each.record.valid_until
    open_pairs = {
        (to, kind)
        for to in each.record.recipients
        for kind in each.record.categories
        if not any(
            (event.recipients is None or to in event.recipients)
            and (event.categories is None or kind in event.categories)
            for event in happened
        )
        and (until is None or until > night - timedelta(days=1))
    }
    now = standing(each, on)
    assert {(to, kind) for to, what in now.left.items() for kind in what} == open_pairs
    assert now.ends == (not open_pairs)


def test_a_no_is_a_sheet_of_its_own() -> None:
    each = told(effect=Effect.FORBID, valid_until=None, basis={})
    text = on_screen(sheet(each, ON, THILDE))
    assert "Dit nej til at dele oplysninger" in text
    assert "Dit nej gælder nu. Det gælder, til det bliver ændret." in text
    assert "Et nej tager ikke retten til hjælp." in text
    assert "Vil du sige ja, så sig det til Jordemoderkonsultationen (Region Hovedstaden)." in text
    gone = replace(each, events=(Event(State.WITHDRAWN, AFTER),))
    assert "Det er ikke et ja: der skal spørges igen." in on_screen(sheet(gone, ON, THILDE))


HERE, THERE = "Jordemoderkonsultationen (Region Hovedstaden)", "Familiehuset (Helsingør Kommune)"
WIDE = "Det gælder begge veje, og hvad det end skal bruges til i dette forløb."


@pytest.mark.parametrize("mutual", [False, True])
def test_a_no_closes_both_ways_whatever_it_is_for(mutual: bool) -> None:  # noqa: FBT001 - a case
    own = told(
        effect=Effect.FORBID, valid_until=None, basis={}, mutual=mutual, subject=THILDE, capacity=Capacity.SELF,
        categories=frozenset({Category.COUPLE, Category.HEALTH}),
    )  # fmt: skip
    text = on_screen(sheet(own, ON, THILDE))
    says = f"Du har sagt nej til, at {HERE} og {THERE} deler dette om dig: Helbred, Parforhold. {WIDE}"
    assert says in text
    assert f"Ja. Det må heller ikke fortælles den anden vej, til {HERE}." in text
    assert "kun den ene vej" not in text
    assert "kun den hjælp" not in text
    taken = replace(own, events=(Event(State.WITHDRAWN, AFTER),))
    ended = on_screen(sheet(taken, ON, THILDE))
    assert f"Du sagde nej til, at {HERE} og {THERE} deler" in ended
    assert "Det gjaldt begge veje, og hvad det end skulle bruges til i dette forløb." in ended


def test_a_no_to_many_places_is_between_the_sender_and_each() -> None:
    others = frozenset({THERAPIST, VOLUNTEERS})
    no = told(effect=Effect.FORBID, valid_until=None, basis={}, recipients=others)
    text = on_screen(sheet(no, ON, THILDE))
    assert f"at {HERE} deler dette om dit barn med {THERE} eller Mødregruppen (Foreningen): Helbred. {WIDE}" in text
    many = replace(no, record=replace(no.record, recipients=others | {UNTOLD, MIDWIFE}))
    assert f"{HERE} deler dette om dit barn med de steder, der står nedenfor: Helbred." in on_screen(
        sheet(many, ON, THILDE)
    )


def test_a_no_in_another_room_is_said_to_who_may_change_it() -> None:
    no = told(effect=Effect.FORBID, valid_until=None, basis={})
    others = on_screen(sheet(no, ON, JONATHAN))
    assert f"Den, der har svaret, kan altid ombestemme sig og sige ja til {HERE}." in others
    assert "Vil du sige ja" not in others
    gone = replace(no, events=(Event(State.INVALIDATED, AFTER, cause=Cause.TURNED_15),))
    assert "ombestemme" not in on_screen(sheet(gone, ON, THILDE))


ANSWER_MISSING = (
    "Der mangler måske dit svar. Indtil du har svaret, fortælles intet. Du må gerne tænke over det. "
    f"Sig ja eller nej til {HERE}."
)
BOTH = "Har barnet to med forældremyndighed, må der kun fortælles noget, når {} har sagt ja."
UNTIL_THEN = "Indtil den anden har svaret, fortælles intet."


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("giver", f"{BOTH.format('I begge')} {UNTIL_THEN}"),
        ("other", ANSWER_MISSING),
        ("staff", f"{BOTH.format('begge')} {UNTIL_THEN}"),
        ("subject", f"{BOTH.format('begge').replace('barnet', 'du')} {UNTIL_THEN}"),
    ],
)
def test_a_childs_yes_says_that_it_waits_for_the_other_parents(who: str, says: str) -> None:
    each = told()
    assert says in on_screen(sheet(each, ON, person(each, who)))
    for silent in (
        told(alone=True),
        told(events=(Event(State.WITHDRAWN, AFTER),)),
        told(effect=Effect.FORBID, valid_until=None, basis={}),
        told(capacity=Capacity.PREGNANT),
    ):
        text = on_screen(sheet(silent, ON, person(silent, who)))
        assert "fortælles intet" not in text
        assert "mangler måske" not in text


CODE = "not_essential_decision"
NOT_ESSENTIAL = "Det er ikke en væsentlig beslutning, så én med forældremyndighed er nok (forældreansvarsloven § 3)"


@pytest.mark.parametrize(
    ("because", "row", "says"),
    [
        (CODE, NOT_ESSENTIAL, f"{NOT_ESSENTIAL}."),
        ("Hvem der henter.", "Hvem der henter.",
         "Det er nok, at én med forældremyndighed siger ja. Hvem der henter."),
        (None, "Grunden er skrevet ned.",
         "Det er nok, at én med forældremyndighed siger ja. Grunden er skrevet ned."),
    ],
)  # fmt: skip
def test_why_one_is_enough_is_said_in_words(because: str | None, row: str, says: str) -> None:
    text = on_screen(sheet(replace(told(alone=True), alone_because=because), ON, THILDE))
    assert f"Hvorfor kun én svarer {row} " in text
    assert says in text
    assert CODE not in text
    assert "begge har sagt ja" not in text


BORN = "Barnet er født."
NO_MORE = "gælder ikke mere."


@pytest.mark.parametrize(
    ("cause", "capacity", "who", "says"),
    [
        (Cause.BIRTH, Capacity.PREGNANT, "giver",
         f"{BORN} Dit ja fra graviditeten {NO_MORE} I bliver spurgt igen."),
        (Cause.BIRTH, Capacity.PREGNANT, "other",
         f"{BORN} Det ja, der blev givet i graviditeten, {NO_MORE} I bliver spurgt igen."),
        (Cause.BIRTH, Capacity.PREGNANT, "staff",
         f"{BORN} Det ja, der blev givet i graviditeten, {NO_MORE} De, der har forældremyndigheden, bliver spurgt."),
        (Cause.TURNED_15, Capacity.CUSTODY, "giver",
         f"Den unge er fyldt 15 og svarer selv. Dit ja {NO_MORE} Den unge bliver spurgt."),
        (Cause.TURNED_15, Capacity.CUSTODY, "subject",
         f"Du er fyldt 15 og svarer selv. Det ja, der blev givet, {NO_MORE} Du bliver spurgt."),
        (Cause.SPEAKER_CHANGED, Capacity.REPRESENTATIVE, "giver",
         f"En anden svarer nu for personen. Dit ja {NO_MORE} Den, der svarer nu, bliver spurgt."),
        (Cause.SPEAKER_CHANGED, Capacity.REPRESENTATIVE, "subject",
         (f"Det er ikke længere den samme, der svarer for dig. Det ja, der blev givet, {NO_MORE} "
         "Den, der svarer nu, bliver spurgt.")),
        (Cause.MOVED, Capacity.CUSTODY, "giver", "Familien er flyttet til en anden kommune."),
    ],
)  # fmt: skip
def test_when_another_answers_it_says_who_is_asked(cause: Cause, capacity: Capacity, who: str, says: str) -> None:
    each = told(capacity=capacity, events=(Event(State.INVALIDATED, AFTER, cause=cause),))
    text = on_screen(sheet(each, ON, person(each, who)))
    assert f"Det ophørte 6. maj 2026. {says} Der må ikke fortælles mere på grund af det." in text


def test_a_child_that_is_born_is_no_longer_waited_for() -> None:
    each = told(capacity=Capacity.PREGNANT, events=(Event(State.INVALIDATED, AFTER, cause=Cause.BIRTH),))
    before, after = (on_screen(sheet(each, on, THILDE)) for on in (date(2026, 5, 5), ON))
    assert "dette om det barn, du venter: Helbred" in before
    assert "Hvorfor du kan svare Du har svaret, fordi du er gravid." in before
    assert "dette om barnet: Helbred" in after
    assert "Hvorfor du kan svare Du svarede, fordi du var gravid." in after
    assert "du venter" not in after


def test_words_are_put_as_they_are_said() -> None:
    assert (day(date(2027, 5, 3)), days(1), days(0)) == ("3. maj 2027", "1 dag", "0 dage")
    assert [listed(some) for some in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a og b", "a, b og c"]
    assert kinds({Category.NETWORK, Category.CONTACT}) == "Navn og kontaktoplysninger, Netværk og familie"
    assert place({}, MIDWIFE) == "et andet sted"
    assert listed(["a", "b", "c"], "eller") == "a, b eller c"
    assert place({MIDWIFE: UnitTold(MIDWIFE, "Huset", "h", "Huset")}, MIDWIFE) == "Huset"
    assert place({MIDWIFE: UnitTold(MIDWIFE, "Huset", "", "")}, MIDWIFE) == "Huset"
    assert named("Huset", "Foreningen") == "Huset (Foreningen)"
    assert law_in_full("SUL § 43, stk. 2, GDPR art. 6, BL 5") == (
        "sundhedsloven § 43, stk. 2, databeskyttelsesforordningen art. 6, BL 5"
    )
    assert ALONE_DANISH == {CODE: NOT_ESSENTIAL}
    assert LAW_DANISH.keys() == set(Regime)
    assert METHOD_DANISH.keys() == set(Method)


@pytest.mark.parametrize(
    ("each", "says"),
    [
        (told(capacity=Capacity.PREGNANT), "Når barnet er født, bliver der spurgt igen."),
        (told(address=True), "navn og adresse er beskyttet"),
        (told(), "Ansvaret har Jordemoderkonsultationen (Region Hovedstaden), CVR-nummer 29190623."),
        (told(), "Sig det, ring eller skriv til Jordemoderkonsultationen (Region Hovedstaden)."),
        (told(), "det hele, kun ét sted eller kun én slags oplysninger"),
        (replace(told(), supersedes=frozenset({JASMIN})), "Afløser Et tidligere svar"),
        (replace(told(), supersedes=frozenset({JASMIN, THILDE})), "Afløser 2 tidligere svar"),
        (told(events=(Event(State.WITHDRAWN, AFTER, THERAPIST),)), "Trukket tilbage. Skrevet ned af Familiehuset"),
    ],
)
def test_what_holds_only_sometimes_is_said_then(each: Told, says: str) -> None:
    assert says in on_screen(sheet(each, ON, THILDE))


@pytest.mark.parametrize(
    ("each", "says"),
    [
        (told(capacity=Capacity.SELF, subject=THILDE), "fortælles intet"),
        (told(), "bliver der spurgt igen"),
        (told(), "adresse er beskyttet"),
        (told(), "Afløser"),
        (told(), "Hvad der er sket siden"),
        (told(method=Method.DIGITAL), "Det blev sagt"),
    ],
)
def test_and_not_otherwise(each: Told, says: str) -> None:
    assert says not in on_screen(sheet(each, ON, THILDE))


def test_each_thing_that_happened_is_told_once() -> None:
    part = Event(State.WITHDRAWN, AFTER, MIDWIFE, frozenset({THERAPIST}))
    withdrawn = (Withdrawal(AFTER, frozenset({THERAPIST})),)
    each = told(events=(part,), withdrawals=withdrawn, recipients=frozenset({THERAPIST, VOLUNTEERS}))
    assert on_screen(sheet(each, ON, THILDE)).count(moment(AFTER)) == 1
