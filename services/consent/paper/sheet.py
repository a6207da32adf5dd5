"""The sheet of one answer: who may tell whom what, for how long, and how to take it back."""

from collections.abc import Iterator
from datetime import date, datetime

from services.consent.domain.giving import danish_day
from services.consent.domain.model import Capacity, Effect, Method, PersonId, Record, UnitId, Withdrawal
from services.consent.domain.told import CAUSE_DANISH, STATE_DANISH, Cause, Event, State, Told
from services.consent.paper.page import Blank, Block, Facts, Heading, Items, Note, Page, Paragraph, Said, Words
from services.consent.paper.standing import Standing, standing
from services.consent.paper.words import (
    ALONE_DANISH,
    LANGUAGE_DANISH,
    LAW_DANISH,
    METHOD_DANISH,
    Reader,
    Wording,
    day,
    days,
    kinds,
    listed,
    moment,
    place,
    places,
    reader_of,
    right,
    wording,
)
from shared.vocabulary import PURPOSE_DANISH

_NAMED_IN_A_SENTENCE = 3


def sheet(told: Told, on: date, person: PersonId | None) -> Page:
    """Return the sheet of an answer as it stands on the day `on`, for `person`; None: for whoever works there.

    It holds every fact of `told` and no name of a person: there are lines to write those on (R19, R23, R52).
    """
    reader = reader_of(told.record, person)
    now = standing(told, on)
    said = wording(told.record, reader, born=now.cause is Cause.BIRTH)
    blocks = [
        Paragraph(_in_short(told, now, said)),
        _state(told, now, said, reader),
        *_names(told, reader),
        Heading("Svaret, som det blev givet" if now.ends or now.taken else "Svaret", 2),
        Facts(tuple(_facts(told, now, reader))),
        *_since(told, now, on),
        Heading("Du bestemmer" if reader is Reader.GIVER else "Sådan kan svaret ændres", 2),
        Items(tuple(_rights(told, now, reader))),
        Heading("Loven og teksten", 2),
        Facts(tuple(_law(told))),
    ]
    return Page(title(told, said), tuple(blocks), f"Udskrevet {day(on)}. Arket viser, hvad der gælder den dag.")


def title(told: Told, said: Wording) -> str:
    """Return what the sheet is called; a no is one to telling, whatever the purpose."""
    if told.record.effect is Effect.FORBID:
        return f"{said.answer} til at dele oplysninger"
    return f"{said.answer}: {PURPOSE_DANISH[told.record.purpose].lower()}"


def state_in_words(now: Standing) -> str:
    """Return in a few words how it stands, and since or until when."""
    if now.ended is not None:
        return f"{STATE_DANISH[now.state]} {day(_end(now, now.ended))}"
    if now.begins is not None:
        return f"Gælder fra {day(now.begins)}"
    return ("Gælder i en del, " if now.taken else "Gælder, ") + _left_to_go(now)


def _end(now: Standing, ended: datetime) -> date:
    """Return the day to name: of what ran out, the last it held; of all else, when it was ended."""
    return now.last_day if now.state is State.EXPIRED and now.last_day is not None else danish_day(ended)


def _left_to_go(now: Standing) -> str:
    if now.days_left is None:
        return "til det bliver ændret"
    return "udløber i dag" if now.days_left == 0 else f"udløber om {days(now.days_left)}"


def _in_short(told: Told, now: Standing, said: Wording) -> str:
    record = told.record
    named = places(told.units, record.recipients)
    few = len(named) <= _NAMED_IN_A_SENTENCE
    sender = place(told.units, record.sender)
    said_it = "sagde" if now.ends else "har sagt"
    what = f"dette om {said.about}"
    if record.effect is Effect.PERMIT:
        receivers = listed(named) if few else "de steder, der står nedenfor,"
        return f"{said.giver} {said_it} ja til, at {sender} må fortælle {receivers} {what}: {kinds(record.categories)}."
    others = listed(named, "eller") if few else "de steder, der står nedenfor"
    share = f"{sender} og {others} deler {what}" if len(named) == 1 else f"{sender} deler {what} med {others}"
    holds, is_to = ("gjaldt", "skulle") if now.ends else ("gælder", "skal")
    return (
        f"{said.giver} {said_it} nej til, at {share}: {kinds(record.categories)}. Det {holds} begge veje, og hvad det "
        f"end {is_to} bruges til i dette forløb."
    )


def _state(told: Told, now: Standing, said: Wording, reader: Reader) -> Note:
    record = told.record
    permit = record.effect is Effect.PERMIT
    name = said.answer
    if now.ended is not None:
        return _ended(now, now.ended, name, reader, permit=permit)
    holds = f"{name} gælder nu." if now.begins is None else f"{name} gælder fra {day(now.begins)}."
    if not permit:
        lines = ["Det gælder, til det bliver ændret."]
        if now.taken:
            lines.append("En del af det er taget tilbage. Se nedenfor.")
        return Note(holds, tuple(lines))
    lines = []
    if now.last_day is not None and now.days_left is not None:
        lines.append(f"Det {_left_to_go(now)}. Den sidste dag er {day(now.last_day)}.")
    if now.taken:
        lines.append("En del af det er taget tilbage. Se nedenfor, hvad der er tilbage.")
    if record.capacity is Capacity.CUSTODY:
        lines.append(_both(told, reader))
    if record.capacity is Capacity.PREGNANT:
        lines.append("Når barnet er født, bliver der spurgt igen.")
    return Note(holds, tuple(lines))


def _both(told: Told, reader: Reader) -> str:
    """Say that the other holder of custody must say yes too, or why one is enough (R27)."""
    if told.alone_because is not None:
        said = ALONE_DANISH.get(told.alone_because)
        enough = "Det er nok, at én med forældremyndighed siger ja."
        return f"{enough} {told.alone_because}" if said is None else f"{said}."
    if told.record.alone:
        return "Det er nok, at én med forældremyndighed siger ja. Grunden er skrevet ned."
    if reader is Reader.OTHER:
        asks = place(told.units, told.record.sender)
        return (
            "Der mangler måske dit svar. Indtil du har svaret, fortælles intet. Du må gerne tænke over det. "
            f"Sig ja eller nej til {asks}."
        )
    both = "I begge" if reader is Reader.GIVER else "begge"
    has = "Har du" if reader is Reader.SUBJECT else "Har barnet"
    return (
        f"{has} to med forældremyndighed, må der kun fortælles noget, når {both} har sagt ja. "
        "Indtil den anden har svaret, fortælles intet."
    )


def _ended(now: Standing, ended: datetime, name: str, reader: Reader, *, permit: bool) -> Note:
    on = day(_end(now, ended))
    told = {
        State.WITHDRAWN: f"{name} er trukket tilbage {on}.",
        State.EXPIRED: f"{name} er udløbet. Den sidste dag var {on}.",
        State.SUPERSEDED: f"{name} er afløst af et nyere svar {on}.",
        State.INVALIDATED: f"{name} gælder ikke mere. Det ophørte {on}.",
    }[now.state]
    lines = [] if now.cause is None else [_because(now.cause, reader, permit=permit)]
    after = "Der må ikke fortælles mere på grund af det." if permit else "Det er ikke et ja: der skal spørges igen."
    lines.append(after)
    return Note(told, tuple(lines))


def _because(cause: Cause, reader: Reader, *, permit: bool) -> str:
    """Say why it counts no more and, where somebody else answers from then on, who is asked."""
    word = "ja" if permit else "nej"
    yours = f"Dit {word}" if reader is Reader.GIVER else f"Det {word}, der blev givet,"
    subject = reader is Reader.SUBJECT
    if cause is Cause.BIRTH:
        family = reader in {Reader.GIVER, Reader.OTHER}
        asked = "I bliver spurgt igen." if family else "De, der har forældremyndigheden, bliver spurgt."
        then = (
            f"Dit {word} fra graviditeten" if reader is Reader.GIVER else f"Det {word}, der blev givet i graviditeten,"
        )
        return f"{CAUSE_DANISH[cause]}. {then} gælder ikke mere. {asked}"
    if cause is Cause.TURNED_15:
        why = "Du er fyldt 15 og svarer selv" if subject else CAUSE_DANISH[cause]
        return f"{why}. {yours} gælder ikke mere. {'Du' if subject else 'Den unge'} bliver spurgt."
    if cause is Cause.SPEAKER_CHANGED:
        why = "Det er ikke længere den samme, der svarer for dig" if subject else CAUSE_DANISH[cause]
        return f"{why}. {yours} gælder ikke mere. Den, der svarer nu, bliver spurgt."
    return f"{CAUSE_DANISH[cause]}."


def _names(told: Told, reader: Reader) -> Iterator[Block]:
    """Give a line for each name, for the system holds none."""
    yield Blank("Dit navn" if reader is Reader.GIVER else "Navn på den, der har svaret")
    if told.record.given_by != told.record.subject:
        yield Blank("Navn på den, det handler om")


def _facts(told: Told, now: Standing, reader: Reader) -> Iterator[tuple[str, tuple[Words, ...]]]:
    record = told.record
    permit = record.effect is Effect.PERMIT
    sender = place(told.units, record.sender)
    yield ("Hvem må fortælle" if permit else "Hvem må ikke fortælle"), (sender,)
    yield "Til hvem", places(told.units, record.recipients)
    yield "Begge veje", (_ways(record, sender),)
    yield "Hvad", (kinds(record.categories),)
    if record.address:
        yield "Beskyttet adresse", ("Det er sagt, at navn og adresse er beskyttet, og at de fortælles med.",)
    purpose = PURPOSE_DANISH[record.purpose]
    narrow = f"{purpose}. Det gælder kun den hjælp, der er talt om."
    wide = f"Hvad det end skal bruges til i dette forløb. Der blev spurgt om: {purpose.lower()}."
    yield "Til hvad", (narrow if permit else wide,)
    yield "Fra", (day(danish_day(record.valid_from)),)
    yield "Til", (_until(told),)
    can = "Hvorfor du kan svare" if reader is Reader.GIVER else "Hvem der har svaret"
    yield can, (right(record.capacity, reader, born=now.cause is Cause.BIRTH),)
    yield "Svaret er givet", (f"{METHOD_DANISH[told.method]}, {moment(record.valid_from)}",)
    yield "Skrevet ned af", (f"{place(told.units, told.recorded_by_unit)}, {moment(told.recorded_at)}",)
    yield from _reasons(told)


def _ways(record: Record, sender: str) -> str:
    """Say whether the way back is meant too: of a no it always is, whatever was agreed."""
    if record.effect is Effect.FORBID:
        return f"Ja. Det må heller ikke fortælles den anden vej, til {sender}."
    return "Ja. De må også fortælle det samme tilbage." if record.mutual else "Nej. Det gælder kun den ene vej."


def _reasons(told: Told) -> Iterator[tuple[str, tuple[Words, ...]]]:
    if told.oral_note is not None and told.method is Method.ORAL:
        yield "Det blev sagt", (told.oral_note,)
    if told.not_written_because is not None:
        yield "Hvorfor ikke på skrift", (told.not_written_because,)
    if told.alone_because is not None:
        yield "Hvorfor kun én svarer", (ALONE_DANISH.get(told.alone_because, told.alone_because),)
    elif told.record.alone:
        yield "Hvorfor kun én svarer", ("Grunden er skrevet ned.",)
    if told.supersedes:
        number = len(told.supersedes)
        yield "Afløser", ("Et tidligere svar" if number == 1 else f"{number} tidligere svar",)


def _until(told: Told) -> str:
    until = told.record.valid_until
    if until is None:
        return "Det har ingen sidste dag."
    last = standing(told, danish_day(told.record.valid_from)).last_day
    if last is None or last != danish_day(until):
        return f"{day(last or danish_day(until))} (den dag med)"
    return moment(until)


def _since(told: Told, now: Standing, on: date) -> Iterator[Block]:
    whole = (each for each in told.events if each.recipients is None and each.categories is None)
    happened = [each for each in whole if danish_day(each.at) <= on]
    if not now.taken and not happened:
        return
    yield Heading("Hvad der er sket siden", 2)
    lines = [(each.at, _partly(told, each)) for each in now.taken]
    lines += [(each.at, _happened(told, each)) for each in happened]
    yield Items(tuple(f"{moment(at)}: {line}" for at, line in sorted(lines)))
    if now.taken and not now.ends:
        yield Paragraph("Det gælder stadig:")
        yield Facts(tuple((place(told.units, to), (kinds(what),)) for to, what in now.left.items()))


def _partly(told: Told, part: Withdrawal) -> str:
    written = {(each.at, each.recipients, each.categories): each.by_unit for each in told.events}
    by = _by(told, written.get((part.at, part.recipients, part.categories)))
    what = "Alt" if part.categories is None else kinds(part.categories)
    whom = "alle" if part.recipients is None else listed(places(told.units, part.recipients))
    if told.record.effect is Effect.FORBID:
        return f"En del af svaret er taget tilbage. Hvad: {what}. Over for hvem: {whom}.{by}"
    return f"En del er taget tilbage og må ikke deles mere. Hvad: {what}. Over for hvem: {whom}.{by}"


def _happened(told: Told, event: Event) -> str:
    said = STATE_DANISH[event.state]
    if event.cause is not None:
        said = f"{said}. {CAUSE_DANISH[event.cause]}"
    return f"{said}.{_by(told, event.by_unit)}"


def _by(told: Told, unit: UnitId | None) -> str:
    return "" if unit is None else f" Skrevet ned af {place(told.units, unit)}."


def _rights(told: Told, now: Standing, reader: Reader) -> Iterator[str]:
    record = told.record
    you = "Du" if reader is Reader.GIVER else "Den, der har svaret,"
    yours = "Dit svar" if reader is Reader.GIVER else "Svaret"
    yield f"{yours} er frivilligt. Et nej tager ikke retten til hjælp."
    if record.effect is Effect.FORBID:
        sender = place(told.units, record.sender)
        if now.state is not State.INVALIDATED:
            own = f"Du kan altid ombestemme dig. Vil du sige ja, så sig det til {sender}."
            yield own if reader is Reader.GIVER else f"{you} kan altid ombestemme sig og sige ja til {sender}."
        yield "Nogle få gange siger loven, at noget må fortælles alligevel. Så bliver grunden skrevet ned."
    elif not now.ends:
        yield f"{you} kan tage det tilbage når som helst: det hele, kun ét sted eller kun én slags oplysninger."
        yield f"Sig det, ring eller skriv til {place(told.units, record.sender)}. Det behøver ingen grund."
        yield "Fra det øjeblik må der ikke fortælles mere. Det, der er fortalt før, kan ikke tages tilbage."
    if reader is Reader.OTHER and record.capacity is Capacity.CUSTODY:
        yield "Du kan selv sige nej. Siger en af jer nej, må det ikke fortælles."
    if reader is Reader.SUBJECT and record.capacity is Capacity.CUSTODY:
        yield "Når du er fyldt 15 år, svarer du selv."
    may = "Familien kan" if reader is Reader.STAFF else "Du kan"
    yield f"{may} se, hvilke steder der har set hvad, og hvornår, og bede om at få rettet det, der er forkert."
    yield f"Ansvaret har {_responsible(told)}. Spørg der. {may} klage til Datatilsynet (datatilsynet.dk)."


def _responsible(told: Told) -> str:
    unit = told.units.get(told.record.sender)
    name = place(told.units, told.record.sender)
    return name if unit is None or unit.cvr is None else f"{name}, CVR-nummer {unit.cvr}"


def _law(told: Told) -> Iterator[tuple[str, tuple[Words, ...]]]:
    notice = told.notice
    language = LANGUAGE_DANISH.get(notice.language, notice.language)
    yield (
        "Vist eller læst op",
        (
            Said(notice.title, notice.language),
            f"Udgave {notice.version} på {language} ({notice.id})",
        ),
    )
    roads: dict[str, list[str]] = {}
    for (one, other), law in sorted(told.record.basis.items()):
        roads.setdefault(law, []).append(f"Fra {place(told.units, one)} til {place(told.units, other)}")
    for law, ways in roads.items():
        yield "Lov", (LAW_DANISH.get(law, law), *(f"{way}." for way in ways))
