"""A referral as a page to be printed: readable without its style, nothing that runs, nothing from outside (R62)."""

import base64
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from services.referral.actions.printing import Printed
from services.referral.domain.deadlines import overdue
from services.referral.domain.kinds import KINDS, TOPIC_DANISH, Priority
from services.referral.domain.kinds import REASON_DANISH as WHY_DANISH
from services.referral.domain.lifecycle import DANISH, TURN, Party, Turn
from services.referral.domain.model import (
    Label,
    Level,
    MessageKind,
    Missing,
    PersonId,
    Piece,
    Scale,
    Task,
    UnitId,
    by_family,
)
from services.referral.domain.view import SeenMessage, SeenTask, View
from shared.clock import COPENHAGEN
from shared.vocabulary import CATEGORY_DANISH, PURPOSE_DANISH, REASON_DANISH

_STYLE = """
:root { --ink: #1b1f24; --bridge: #0b4f5c; --sand: #f4efe6; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #ffffff; font: 1.0625rem/1.5 system-ui, sans-serif; }
main, header, footer { max-width: 52rem; margin: 0 auto; padding: 0.5rem 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; margin: 1.5rem 0 0.5rem; color: var(--bridge); }
h3 { font-size: 1.0625rem; margin: 1rem 0 0.25rem; }
p, ul, dl { margin: 0 0 0.5rem; }
.words { white-space: pre-line; }
.said { font-size: 0.9375rem; }
.note { background: var(--sand); border-left: 0.375rem solid var(--bridge); padding: 0.5rem 1rem; margin: 0.75rem 0; }
dl { display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr); column-gap: 1rem; row-gap: 0.25rem; }
dt { font-weight: 700; grid-column: 1; }
dd { margin: 0; grid-column: 2; }
footer { border-top: 1px solid #6b7280; font-size: 0.9375rem; }
@media (max-width: 32rem) { dl { display: block; } }
@page { size: A4; margin: 14mm 16mm; }
@media print {
  :root { font-size: 11pt; }
  main, header, footer { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  article, .note, dd { break-inside: avoid; }
  .note { border: 1px solid var(--bridge); border-left-width: 0.375rem; }
}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# What an answer with such a page says in `Content-Security-Policy`: its own style, and nothing else.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs"}
_TURN: Mapping[Turn, str] = {
    Turn.FAMILY: "Familien", Turn.SENDER: "Afsenderen", Turn.RECIPIENT: "Modtageren", Turn.NOBODY: "Ingen",
}  # fmt: skip
PARTY: Mapping[Party, str] = {
    Party.FAMILY: "familien", Party.SENDER: "afsenderen", Party.RECIPIENT: "modtageren", Party.SYSTEM: "Familiebro",
}  # fmt: skip
PRIORITY: Mapping[Priority, str] = {
    Priority.ROUTINE: "Almindelig", Priority.URGENT: "Haster", Priority.ASAP: "Hurtigst muligt",
}  # fmt: skip
MESSAGE: Mapping[MessageKind, str] = {
    MessageKind.QUESTION: "Spørgsmål",
    MessageKind.ANSWER: "Svar",
    MessageKind.CLARIFICATION: "Uddybning",
    MessageKind.ADVICE: "Råd",
    MessageKind.PROPOSAL: "Forslag om noget andet",
    MessageKind.INVITATION: "Indbydelse til dialogmøde",
    MessageKind.MEETING: "Fra dialogmødet",
    MessageKind.AFTERCARE: "Plan for tiden efter",
    MessageKind.ATTACHMENT: "Vedhæftet fil",
    MessageKind.NO_THANK_YOU: "Nej tak",
}
LABEL: Mapping[Label, str] = {
    Label.FAMILYS_VIEW: "Sådan ser familien det",
    Label.PROFESSIONALS_VIEW: "Sådan ser fagfolk det",
    Label.NEXT_STEP: "Næste skridt",
    Label.PLAN: "Plan",
}
SCALE: Mapping[Scale, str] = {
    Scale.TOPI: "TOPI", Scale.BOERNELINEALEN: "Børnelinealen", Scale.PREGNANCY_CARE: "Svangreomsorgens niveau",
}  # fmt: skip
_COLOUR: Mapping[str, str] = {"green": "grøn", "yellow": "gul", "red": "rød"}
_OVERDUE: Mapping[str, str] = {"answer": "Svaret er forsinket", "offer": "Et tilbud skulle være begyndt"}


class Page:
    """One printed referral; each method returns a part of it as HTML, every word of it escaped."""

    def __init__(self, told: Printed, at: datetime) -> None:
        self._told = told
        self._at = at
        seen = told.seen
        self._people = {person: f"Person {place}" for place, person in enumerate(sorted(_people(seen)), 1)}
        self._corrected = {each.corrects for each in seen.referral.pieces if each.corrects is not None}

    def html(self) -> str:
        """Return the document. It is to be served with `POLICY`."""
        kind = KINDS[self._told.seen.referral.kind].danish
        return (
            '<!doctype html>\n<html lang="da">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_text(kind)} – Familiebro</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<header><p>Familiebro</p></header>\n<main>\n<h1>{_text(kind)}</h1>\n"
            f"{self._note()}{self._request()}{self._about()}{self._said()}{self._tasks()}{self._dialogue()}"
            f"</main>\n<footer><p>Henvisning {self._told.seen.referral.id}. "
            "Papiret er fortroligt: giv det ikke videre, og makulér det, når det ikke skal bruges mere.</p></footer>\n"
            "</body>\n</html>\n"
        )

    def _note(self) -> str:
        lines = [
            f"Udskrevet {_moment(self._at)}. Her står det, som I måtte se i det øjeblik.",
            "Et samtykke kan være trukket tilbage siden. Se henvisningen i Familiebro, før I bruger papiret.",
            *self._told.notices,
        ]
        return '<div class="note" role="note">' + "".join(f"<p>{_text(line)}</p>" for line in lines) + "</div>\n"

    def _request(self) -> str:
        whole = self._told.seen.referral
        rows = [
            ("Fra", self._unit(whole.sender)),
            ("I er", "Afsender" if self._told.seen.as_sender else "Modtager"),
            ("Formål", PURPOSE_DANISH[whole.purpose]),
            ("Hvor hurtigt", PRIORITY[whole.priority]),
            ("Skrevet", _moment(whole.at)),
        ]
        rows += [] if whole.topic is None else [("Emne", TOPIC_DANISH[whole.topic])]
        if whole.seen_by_family_at is not None:
            rows.append(("Familien har set teksten", _moment(whole.seen_by_family_at)))
        if whole.discussed_with_parents_at is not None:
            rows.append(("Talt igennem med forældrene", _moment(whole.discussed_with_parents_at)))
        if self._told.seen.as_sender and whole.closed_at is not None:
            rows.append(("Lukket", _moment(whole.closed_at)))
        return _section("Henvendelsen", _facts(rows))

    def _about(self) -> str:
        """Return who is who: names are not kept here, so each person is told apart by a number and its id."""
        rows = [(name, str(person)) for person, name in self._people.items()]
        return _section("Hvem det handler om", _facts(rows)) if rows else ""

    def _said(self) -> str:
        seen = self._told.seen
        told = "".join(self._piece(each) for each in seen.pieces) or "<p>Der er intet, I må se nu.</p>\n"
        return _section("Det, der er fortalt", told + self._withheld(seen.withheld))

    def _tasks(self) -> str:
        return _section("Hvor det står", "".join(self._task(each) for each in self._told.seen.tasks))

    def _dialogue(self) -> str:
        messages = self._told.seen.messages
        return _section("Dialog", "".join(self._message(each) for each in messages)) if messages else ""

    def _task(self, shown: SeenTask) -> str:
        head = f"<h3>{_text(self._unit(shown.task.recipient))}</h3>\n"
        if shown.hidden is not None:
            return head + f"<p>Forløbet må ikke fortælles jer nu. {_text(REASON_DANISH[shown.hidden])}</p>\n"
        missing = self._missing_to_recipient(shown.task) if self._told.seen.as_sender else ""
        return head + _facts(self._stands(shown)) + missing

    def _stands(self, shown: SeenTask) -> list[tuple[str, str]]:
        task, clock = shown.task, shown.task.clock
        rows = [("Status", DANISH[task.state]), ("Hvem har turen", _TURN[TURN[task.state]])]
        if task.reason is not None:
            rows.append(("Hvorfor", WHY_DANISH.get(task.reason, "Andet")))
        if shown.hides_ahead is not None:
            rows.append(("Foreslået i stedet", f"Må ikke fortælles jer nu. {REASON_DANISH[shown.hides_ahead]}"))
        elif task.ahead is not None:
            named = [] if task.ahead.unit is None else [self._unit(task.ahead.unit)]
            named += [] if task.ahead.offer is None else [f"tilbud {task.ahead.offer}"]
            rows.append(("Foreslået i stedet", ", ".join(named)))
        rows += [("Svar senest", _moment(clock.answer_by))] if clock.answer_by else []
        rows += [("Tilbud begynder senest", _moment(clock.offer_by))] if clock.offer_by else []
        late = overdue(task.state, clock, self._at)
        rows += [("Forsinket", _OVERDUE[late])] if late else []
        return rows

    def _missing_to_recipient(self, task: Task) -> str:
        if not task.missing:
            return ""
        lines = [f"{self._kind(each)}: {REASON_DANISH[each.reason]}" for each in task.missing]
        return f"<p>Det må modtageren ikke se:</p>\n{_items(lines)}"

    def _message(self, shown: SeenMessage) -> str:
        said = shown.message
        to = "" if said.to is None else f" til {PARTY[said.to]}"
        words = "" if said.words is None else f'<p class="words">{_text(said.words)}</p>\n'
        by = f"{self._unit(said.author)}, {_moment(said.at)}"
        return (
            f"<article>\n<h3>{_text(MESSAGE[said.kind] + to)}</h3>\n"
            f'<p class="said">{_text(by)}</p>\n{words}'
            + "".join(self._piece(each, level=4) for each in shown.pieces)
            + self._withheld(shown.withheld)
            + "</article>\n"
        )

    def _piece(self, shown: Piece, level: int = 3) -> str:
        about = f"{CATEGORY_DANISH[shown.category]} – {self._people[shown.subject]}"
        about += "" if shown.label is None else f" – {LABEL[shown.label]}"
        lines = [self._words(shown)]
        lines += [] if shown.offer is None else [f"Ønsker tilbuddet {shown.offer}"]
        lines += [] if shown.level is None else [_assessed(shown.level)]
        notes = [f"Skrevet af {self._unit(shown.author)}" + ("" if shown.at is None else f", {_moment(shown.at)}")]
        notes += ["Dette er rettet. Den rigtige oplysning står for sig."] if shown.id in self._corrected else []
        notes += [] if shown.corrects is None else ["Dette er en rettelse af noget, der stod forkert."]
        told = "".join(f'<p class="words">{_text(line)}</p>\n' for line in lines if line)
        told += "".join(f'<p class="said">{_text(line)}</p>\n' for line in notes)
        return f"<article>\n<h{level}>{_text(about)}</h{level}>\n{told}</article>\n"

    def _words(self, shown: Piece) -> str:
        file = None if shown.attachment is None else self._told.files.get(shown.attachment)
        if file is None:
            return shown.text
        scanned = "scannet for virus" if file.scanned else "ikke scannet for virus"
        return f"Vedhæftet fil: {shown.text} ({_size(file.size)}, {scanned}). Filen er ikke med på papiret."

    def _withheld(self, missing: Iterable[Missing]) -> str:
        lines = [f"{self._kind(each)}: {REASON_DANISH[each.reason]}" for each in missing]
        return f'<div class="note"><p>Dette må I ikke se nu:</p>\n{_items(lines)}</div>\n' if lines else ""

    def _kind(self, missing: Missing) -> str:
        return f"{CATEGORY_DANISH[missing.category]} – {self._people[missing.subject]}"

    def _unit(self, code: str) -> str:
        known = self._told.units.get(code)
        if known is not None:
            return f"{known.name}, {known.organisation_name}"
        return "Familien" if by_family(UnitId(code)) else code


def _people(seen: View) -> set[PersonId]:
    """Return who the page names, by what may be told or is said to be withheld: nobody else is counted."""
    found = {each.subject for each in seen.pieces} | {each.subject for each in seen.withheld}
    for said in seen.messages:
        found |= {each.subject for each in said.pieces} | {each.subject for each in said.withheld}
    if seen.as_sender:
        found |= {each.subject for shown in seen.tasks for each in shown.task.missing}
    return found


def _section(title: str, body: str) -> str:
    number = hashlib.sha256(title.encode()).hexdigest()[:8]
    return f'<section aria-labelledby="s{number}">\n<h2 id="s{number}">{_text(title)}</h2>\n{body}</section>\n'


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    return "<dl>\n" + "\n".join(f"<dt>{_text(name)}</dt><dd>{_text(told)}</dd>" for name, told in rows) + "\n</dl>\n"


def _items(lines: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{_text(line)}</li>" for line in lines) + "\n</ul>\n"


def _text(words: str) -> str:
    """Return words as they can be seen: nothing that turns their direction, no controls but line breaks."""
    kept = (sign for sign in words if sign == "\n" or unicodedata.category(sign) not in _UNSEEN)
    return escape(unicodedata.normalize("NFC", "".join(kept)))


def _assessed(level: Level) -> str:
    told = _COLOUR.get(level.level, level.level)
    return f"Vurdering: {SCALE[level.scale]}, {told}, {level.on:%d.%m.%Y}, {level.assessor}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(COPENHAGEN):%d.%m.%Y kl. %H.%M}"


def _size(size: int) -> str:
    return f"{max(1, round(size / 1000))} kB"
