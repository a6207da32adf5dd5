"""The texts shown before anybody answers: complete, plain, and never changed once they have been shown (R19)."""

import re
from pathlib import Path

import pytest

from services.consent.domain.notices import BadNotice, digest, read
from services.consent.domain.told import Notice
from services.consent.paper import notices as kept
from services.consent.paper.notices import notices

# Once a text has been shown it stays as it was: whoever changes one writes a new version, and a new line here.
DIGESTS = {
    "samtykke-barn-da-1": "9f56cab97405214c6d4ee6fe0714fb72f30f27ce1cd324db27142b44b19eede5",
    "samtykke-barn-en-1": "5f31cee93a27f0e0a5c034beec2400dd34726f5bca300cd32cc7a6f4cfca388a",
    "samtykke-da-1": "9d9aadd3c9a4e923dac6f80302b1c9adbe049b50ec814fcf8650fa01b6a76849",
    "samtykke-en-1": "cdcbfca9eba1ebd5184818f7a082a9b73583d7064512286cbdf8b8d6335d9c6b",
}
MOST_LIX = 35
NOTICES = {notice.id: notice for notice in notices()}
# What R19, R20, R23, R25 and R52 want said.
SAID = {
    "da": ("spørge dig om lov", "Hvem der får det at vide", "Hvad det skal bruges til", "højst et år", "frivilligt",
           "Et nej tager ikke", "ret til hjælp", "tage dit ja tilbage når som helst",
           "en del af det", "deler vi ikke mere",
           "siger loven", "har ansvaret", "hvilke steder der har set noget", "rettet", "Datatilsynet"),
    "en": ("ask you for permission", "Who will be told", "What it is for", "one year at most", "voluntary",
           "A no does not take away", "right to help", "take your yes back at any time", "part of it", "share no more",
           "the law says", "responsible", "which places have seen something", "put right", "Datatilsynet"),
}  # fmt: skip
GOOD = """id = "til-proeve-da-2"
version = 2
language = "da"
title = "Må vi?"
text = \"\"\"
Må vi?

Sig ja eller nej.
\"\"\"
"""


def lix(text: str) -> float:
    """Return the readability index: words per sentence, and long words (over six letters) per hundred."""
    words = re.findall(r"[^\W\d_]+", text)
    sentences = [part for part in re.split(r"[.!?:](?:\s|$)", text) if re.search(r"\w", part)]
    return len(words) / len(sentences) + 100 * sum(len(word) > 6 for word in words) / len(words)


def test_lix_counts_words_sentences_and_long_words() -> None:
    assert lix("Vi spørger dig. Du svarer.") == 5 / 2 + 100 / 5


def test_a_text_that_was_shown_is_never_changed() -> None:
    assert {notice.id: notice.digest for notice in NOTICES.values()} == DIGESTS


def test_the_digest_is_of_what_is_read() -> None:
    for notice in NOTICES.values():
        assert notice.digest == digest(notice.title, notice.text)
    assert digest("Må vi?", "Ja") != digest("Må vi", "?Ja")


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES)
def test_a_notice_says_all_a_person_must_know(notice: Notice) -> None:
    missing = [words for words in SAID[notice.language] if words not in notice.text]
    assert missing == []


def test_a_notice_for_a_child_says_who_must_say_yes() -> None:
    assert "Begge skal sige ja" in NOTICES["samtykke-barn-da-1"].text
    assert "Both must say yes" in NOTICES["samtykke-barn-en-1"].text
    assert "når barnet er født, spørger vi igen" in NOTICES["samtykke-barn-da-1"].text
    assert "15 år" in NOTICES["samtykke-barn-da-1"].text


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES)
def test_a_notice_is_easy_to_read(notice: Notice) -> None:
    assert lix(notice.text) <= MOST_LIX
    assert max(len(sentence.split()) for sentence in re.split(r"[.!?]\s", notice.text)) <= 25


def test_the_english_says_as_much_as_the_danish() -> None:
    danish = {name.replace("-da-", "-en-"): notice for name, notice in NOTICES.items() if notice.language == "da"}
    assert danish.keys() == {name for name, notice in NOTICES.items() if notice.language == "en"}
    for name, notice in danish.items():
        shapes = [[line.count(". ") for line in text.split("\n")] for text in (notice.text, NOTICES[name].text)]
        assert shapes[0] == shapes[1], name


def test_a_notice_is_read_as_it_is_written() -> None:
    assert read("x", GOOD) == Notice(
        "til-proeve-da-2",
        2,
        "da",
        "Må vi?",
        "Må vi?\n\nSig ja eller nej.",
        digest("Må vi?", "Må vi?\n\nSig ja eller nej."),
    )


@pytest.mark.parametrize(
    ("says", "instead"),
    [
        ('id = "til', "id = til"),
        ("version = 2", 'version = "2"'),
        ("version = 2", "version = true"),
        ("version = 2", "version = 3"),
        ('language = "da"', 'language = "en"'),
        ('language = "da"', ""),
        ('language = "da"', 'language = "da"\nby = "os"'),
        ("til-proeve-da-2", "til-proeve-da-02"),
        ("til-proeve-da-2", "Til-proeve-da-2"),
        ("til-proeve-da-2", "da-2"),
        ('title = "Må vi?"', 'title = ""'),
        ('title = "Må vi?"', 'title = "Må  vi?"'),
        ('title = "Må vi?"', 'title = "Ma\u030a vi?"'),
        ("Sig ja", "Sig <b>ja"),
        ("Sig ja", "Sig\tja"),
        ("Sig ja", "Sig \u202eja"),
        ("Sig ja", "Sig ja \n"),
        ("Sig ja", "\n\nSig ja"),
        ("Sig ja", "Sig ja" * 4000),
    ],
)
def test_a_file_that_is_no_notice_is_refused(says: str, instead: str) -> None:
    assert says in GOOD
    with pytest.raises(BadNotice):
        read("x", GOOD.replace(says, instead))


def test_a_file_is_named_for_its_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "til-proeve-da-2.toml").write_text(GOOD, "utf-8")
    monkeypatch.setattr(kept, "_FOLDER", tmp_path)
    assert [notice.id for notice in notices()] == ["til-proeve-da-2"]
    (tmp_path / "andet.toml").write_text(GOOD, "utf-8")
    with pytest.raises(BadNotice):
        notices()
