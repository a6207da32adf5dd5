"""Words are read alike in offers and in questions, however they are inflected, joined, spelt or meant."""

import tomllib
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.domain.errors import BadData
from services.directory.domain.text.analysis import Analysis, Clause, read_analysis
from services.directory.domain.text.letters import skeleton, words
from services.directory.domain.text.spelling import Vocabulary
from tests.directory.index_world import ANALYSIS, COMPOUNDS, THESAURUS

IDEAS = tomllib.loads(THESAURUS[1])["idea"]
STEM = ANALYSIS._lexicon.stem


def found(question: str, texts: Iterable[str], analysis: Analysis = ANALYSIS) -> list[str]:
    """Return the texts that answer every word of a question, the plainest way."""
    held = {text: analysis.terms(text) for text in texts}
    used = set().union(*held.values())
    vocabulary = Vocabulary(sorted(term for term in used if not term.startswith("=")))
    clauses = analysis.ask(question, vocabulary, used.__contains__)
    return [text for text, terms in held.items() if clauses and all(answers(terms, clause) for clause in clauses)]


def answers(terms: set[str], clause: Clause) -> bool:
    return any(all(terms.intersection(part) for part in each.parts) for each in clause.alternatives)


GRIEF = ["Sorggruppe for voksne", "En gruppe for sorg", "Samtaler i gruppe for dem, der har mistet et barn"]
DEPRESSION = ["Fødselsdepression", "Hjælp ved efterfødselsreaktion", "For dig med depression efter fødslen"]
OTHERS = [
    "Vi sørger for transport", "Strikkecafé", "Babycafé hver onsdag", "Mødregruppe", "Fædrenes aften", "Krisecenter",
    "Træf for soloforældre", "Familieven til enlige", "God søvn", "Marte Meo",
]  # fmt: skip
TEXTS = [*GRIEF, *DEPRESSION, *OTHERS]
QUESTIONS = {
    "sorggruppe": GRIEF,
    "gruppe for sorg": GRIEF,
    "sorg gruppe": GRIEF,
    "sorgruppe": GRIEF,
    "sorrgruppe": GRIEF,
    "Sorg-grupper": GRIEF,
    "fødselsdepression": DEPRESSION,
    "fodselsdepression": DEPRESSION,
    "foedselsdepression": DEPRESSION,
    "FØDSELSDEPRESSIONEN": DEPRESSION,
    "efterfødselsreaktion": DEPRESSION,
    "efterfodselsreaktioner": DEPRESSION,
    "depression efter fødslen": DEPRESSION,
    "fødselsdepresion": DEPRESSION,
    "fødselsdeprestion": DEPRESSION,
    "postpartum depression": DEPRESSION,
    "sørge": ["Vi sørger for transport"],
    "strikning cafe": [],
    "strik café": ["Strikkecafé"],
    "baby cafe": ["Babycafé hver onsdag"],
    "babycafeer": ["Babycafé hver onsdag"],
    "barselscafé": ["Babycafé hver onsdag"],
    "modregruppe": ["Mødregruppe"],
    "gruppe for mødre": ["Mødregruppe"],
    "mødregr": ["Mødregruppe"],
    "far": ["Fædrenes aften"],
    "faedre": ["Fædrenes aften"],
    "vold": ["Krisecenter"],
    "eneforsørger": ["Træf for soloforældre", "Familieven til enlige"],
    "sovn": ["God søvn"],
    "sove": ["God søvn"],
    "marte-meo": ["Marte Meo"],
    "martemeo": [],
    "xyzzyx": [],
    "og for alle": [],
    "": [],
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_finds_what_it_means(question: str) -> None:
    assert found(question, TEXTS) == QUESTIONS[question]


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea["id"])
def test_every_word_of_an_idea_finds_every_other(idea: dict[str, list[str]]) -> None:
    for word in idea["words"]:
        assert found(word, idea["words"]) == idea["words"], word


@pytest.mark.parametrize("idea", [each for each in IDEAS if "asked" in each], ids=lambda idea: idea["id"])
def test_what_is_said_only_by_who_asks_finds_the_idea_and_is_not_found_by_it(idea: dict[str, list[str]]) -> None:
    for word in idea["asked"]:
        assert found(word, idea["words"]) == idea["words"], word
        assert found(idea["words"][0], [word]) == []


def test_money_that_does_not_suffice_is_no_violence() -> None:
    texts = ["Når pengene ikke slår til", "Hjælp efter vold"]
    assert found("min mand slår mig", texts) == ["Hjælp efter vold"]
    assert found("vold", texts) == ["Hjælp efter vold"]


def test_the_narrower_is_found_by_the_broader_and_not_the_other_way_round() -> None:
    assert found("vold", ["krisecenter", "partnervold"]) == ["krisecenter", "partnervold"]
    assert found("krisecenter", ["krisecenter", "partnervold"]) == ["krisecenter"]


def test_the_thesaurus_holds_the_ideas_of_the_field() -> None:
    assert len(IDEAS) >= 100
    assert {"sorg", "far", "enlig", "vold", "jordemoder", "fodselsdepression"} <= {idea["id"] for idea in IDEAS}


SPLITS = {
    "sorggruppe": ["sorg", "gruppe"],
    "fødselsdepression": ["fødsel", "depression"],
    "fodselsdepression": ["fødsel", "depression"],
    "mødregruppe": ["mor", "gruppe"],
    "modregruppen": ["mor", "gruppe"],
    "babycafé": ["baby", "café"],
    "børneliv": ["barn", "liv"],
    "familiebehandlingsforløb": ["familie", "behandling", "forløb"],
    "uddannelsesvejleder": ["uddannelse", "vejleder"],
    "strikkecafé": ["strikke", "café"],
    "babysimulator": ["baby", "simulator"],
    "gruppetilbud": ["gruppe"],
    "forældre": [],
    "forening": [],
    "hverdagen": [],
    "børnehave": [],
    "familie": [],
    "tilbud": [],
    "12345678": [],
    "gruppe" * 6: ["gruppe"] * 6,
    "gruppe" * 7: [],
}


@pytest.mark.parametrize("word", SPLITS)
def test_compounds_are_their_parts(word: str) -> None:
    parts = [part for part, _ in ANALYSIS.word(words(word)[0]).parts]
    assert parts == [STEM(words(each)[0]) for each in SPLITS[word]]


def test_letters_are_one_however_typed() -> None:
    assert words("Ærø, AEROE og Ærö; Århus/Aarhus: café, cafe\u0301") == [
        "ærø", "ærø", "og", "ærø", "århus", "århus", "cafe", "cafe"]  # fmt: skip
    assert words("COS-P 0-6 år_x") == ["cos", "p", "0", "6", "år", "x"]
    assert skeleton("ærøå") == "aroa"


@given(st.text(max_size=40))
def test_any_text_is_read_the_same_in_both_ways(text: str) -> None:
    terms = ANALYSIS.terms(text)
    vocabulary = Vocabulary(sorted(term for term in terms if not term.startswith("=")))
    clauses = ANALYSIS.ask(text, vocabulary, terms.__contains__)
    assert all(answers(terms, clause) for clause in clauses)


def test_what_a_misspelt_word_was_taken_for_is_told() -> None:
    terms = ANALYSIS.terms("sorggruppe fødselsdepression")
    vocabulary = Vocabulary(sorted(term for term in terms if not term.startswith("=")))
    taken = [
        clause.taken_as
        for question in ("sorgruppe", "fødselsdepresion", "sorggruppe", "xyzzyx")
        for clause in ANALYSIS.ask(question, vocabulary, terms.__contains__)
    ]
    assert taken == [("sorgruppe", "sorggruppe"), ("fødselsdepresion", "fødselsdepression"), (), (), ()]


def guessed(question: str, *texts: str) -> list[tuple[str, ...]]:
    """Return what the words of a question are taken for, among offers of these texts."""
    terms = set().union(*map(ANALYSIS.terms, texts))
    vocabulary = Vocabulary(sorted(term for term in terms if not term.startswith("=")))
    return [clause.taken_as for clause in ANALYSIS.ask(question, vocabulary, terms.__contains__)]


def test_a_word_is_not_guessed_at_where_it_may_be_many_or_is_known() -> None:
    assert guessed("kalx", "kale", "kalm", "kalt") == [("kalx", "kale", "kalm", "kalt")]
    assert guessed("kalx", "kalf", "kalm", "kalk", "kald") == [()]
    assert guessed("bange", "bandet") == [()]
    assert guessed("drikker", "drille") == [()]
    assert guessed("sorggruppe", "borggruppe") == [(), ()]


def test_what_was_asked_is_told_as_it_was_asked() -> None:
    question = "Jeg er NY i byen, Aabenraa: sorggruppe, sørgegruppe og fødselsdepression tolk tolk"
    asked = [clause.asked for clause in ANALYSIS.ask(question, Vocabulary(), lambda _: False)]
    assert asked == ["ny i byen", "åbenrå", "sorg", "gruppe", "sørgegruppe", "fødselsdepression", "tolk"]


def test_a_very_long_question_is_cut() -> None:
    vocabulary = Vocabulary()
    assert len(ANALYSIS.ask(" ".join(f"ord{number}" for number in range(500)), vocabulary, lambda _: False)) <= 12


def test_what_is_remembered_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.directory.domain.text.analysis._MOST_CACHED", 10)
    analysis = read_analysis(COMPOUNDS, THESAURUS)
    assert len(analysis.terms(" ".join(f"ord{number}" for number in range(100)))) == 100
    assert len(analysis._words) <= 10


def slips(one: str, other: str) -> int:
    """Count the slips between two words, each place of a word being in at most one of them (plain recursion)."""
    row: dict[tuple[int, int], int] = {}
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if i == 0 or j == 0:
                row[i, j] = i + j
                continue
            changed = row[i - 1, j - 1] + (one[i - 1] != other[j - 1])
            row[i, j] = min(row[i - 1, j] + 1, row[i, j - 1] + 1, changed)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                row[i, j] = min(row[i, j], row[i - 2, j - 2] + 1)
    return row[len(one), len(other)]


STEMS = st.text("aåoøbr", min_size=1, max_size=9)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEMS, max_size=12, unique=True), st.sets(STEMS), STEMS)
def test_the_nearest_are_found(stems: list[str], gone: set[str], asked: str) -> None:
    vocabulary = Vocabulary(stems[:6])
    for stem in stems[6:]:
        vocabulary.add(stem)
        vocabulary.add(stem)
    used = set(stems) - gone
    allowed = 0 if len(asked) < 4 else 1 if len(asked) < 8 else 2
    away = {stem: slips(skeleton(stem), skeleton(asked)) for stem in used}
    nearest = min(away.values(), default=9)
    expected = sorted(stem for stem in used if away[stem] == nearest) if allowed and nearest <= allowed else []
    assert list(vocabulary.near(asked, len(asked), used.__contains__)) == expected[:8]
    begun = sorted(
        (stem for stem in used if skeleton(stem).startswith(skeleton(asked))), key=lambda s: (skeleton(s), s)
    )
    assert list(vocabulary.starting(asked, used.__contains__)) == begun
    same = sorted(stem for stem in used if skeleton(stem) == skeleton(asked))
    firm = asked in used and len(asked) < 6
    assert list(vocabulary.same(asked, used.__contains__)) == ([asked] if firm else same)


def test_not_all_of_very_many_beginnings_are_followed() -> None:
    vocabulary = Vocabulary(f"fam{number:03}" for number in range(200))
    assert len(vocabulary.starting("fam", lambda _: True)) == 64


def test_numbers_are_not_misspelt() -> None:
    assert Vocabulary(["2024"]).near("2025", 4, lambda _: True) == ()


REFUSED = {
    "a word of two ideas": ("", 'id = "a"\nwords = ["sorg"]\n[[idea]]\nid = "b"\nwords = ["sorgen"]'),
    "a word twice": ("", 'id = "a"\nwords = ["sorg", "sorgen"]'),
    "a phrase of two ideas": ("", 'id = "a"\nwords = ["tabt barn"]\n[[idea]]\nid = "b"\nwords = ["tabt et barn"]'),
    "an idea twice": ("", 'id = "a"\nwords = ["sorg"]\n[[idea]]\nid = "a"\nwords = ["vold"]'),
    "a word that says nothing": ("", 'id = "a"\nwords = ["og"]'),
    "no words": ("", 'id = "a"'),
    "no id": ("", 'words = ["sorg"]'),
    "a word of two ideas, when asked": (
        "", 'id = "a"\nwords = ["sorg"]\n[[idea]]\nid = "b"\nwords = ["vold"]\nasked = ["sorgen"]'),
    "asked words that say nothing": ("", 'id = "a"\nwords = ["sorg"]\nasked = ["og"]'),
    "an unknown key": ("", 'id = "a"\nwords = ["sorg"]\nnear = "b"'),
    "an unknown broader idea": ("", 'id = "a"\nwords = ["sorg"]\nbroader = "b"'),
    "broader than itself": ("", 'id = "a"\nwords = ["sorg"]\nbroader = "a"'),
    "broader in a ring": (
        "", 'id = "a"\nwords = ["sorg"]\nbroader = "b"\n[[idea]]\nid = "b"\nwords = ["vold"]\nbroader = "a"'),
    "not TOML": ("", 'id = "a'),
    "a list of an unknown kind": ('[[list]]\nkind = "odd"\nwords = ["sorg"]', None),
    "a part of two words": ('[[list]]\nkind = "part"\nwords = ["sorg gruppe"]', None),
    "a part twice": ('[[list]]\nkind = "part"\nwords = ["sorg"]\n[[list]]\nkind = "whole"\nwords = ["sorg"]', None),
    "a form of two words": ('[[form]]\nword = "mor"\nalso = ["mødre"]\n[[form]]\nword = "far"\nalso = ["mødre"]', None),
    "a form of itself": ('[[form]]\nword = "mor"\nalso = ["mor"]', None),
    "a form of a form": ('[[form]]\nword = "mor"\nalso = ["moder"]\n[[form]]\nword = "moder"\nalso = ["mødre"]', None),
    "lists that are not TOML": ("[[form", None),
    "an unknown table": ("[odd]", None),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_word_lists_that_contradict_themselves_are_refused(what: str) -> None:
    compounds, idea = REFUSED[what]
    thesaurus = "" if idea is None else f"[[idea]]\n{idea}"
    with pytest.raises(BadData) as refused:
        read_analysis(("compounds.toml", compounds), ("thesaurus.toml", thesaurus))
    assert {flaw.file for flaw in refused.value.flaws} == {"thesaurus.toml" if idea else "compounds.toml"}


def test_all_flaws_are_told_at_once() -> None:
    with pytest.raises(BadData) as refused:
        read_analysis(("c", ""), ("t", '[[idea]]\nid = "a"\nwords = ["og"]\n[[idea]]\nid = "b"\nwords = ["i"]'))
    assert {flaw.table for flaw in refused.value.flaws} == {"a", "b"}


def test_two_slips_are_allowed_from_eight_letters_and_one_from_four() -> None:
    vocabulary = Vocabulary(["opdragel", "opdrage", "leg"])
    assert vocabulary.near("obtragel", 8, lambda _: True) == ("opdragel",)
    assert vocabulary.near("obtrage", 7, lambda _: True) == ()
    assert vocabulary.near("opdarge", 7, lambda _: True) == ("opdrage",)
    assert vocabulary.near("lek", 3, lambda _: True) == ()
