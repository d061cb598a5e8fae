"""Where the rules on words point to, and what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.checking.reading_level import Counts, count, flesch_kincaid, inflesz, smog
from newsletter.checking.vocabulary import Vocabulary, read_vocabulary
from newsletter.errors import SettingsError
from newsletter.findings import Place
from tests.site_folder import REPOSITORY
from tests.unit.checking.drafts import FILE, block, found, good_draft, make_issue, with_issue, written
from tests.unit.checking.language_cases import both, sections
from tests.unit.checking.word_cases import HARD, LONG_SENTENCE, VOCABULARY, said

SPANISH_FILE = "issues/2026-12/issue.es.md"


def test_the_formulas_are_the_published_ones() -> None:
    counts = Counts(sentences=30, words=450, syllables=675, long_words=30)
    assert flesch_kincaid(counts) == pytest.approx(0.39 * 15 + 11.8 * 1.5 - 15.59)
    assert smog(counts) == pytest.approx(3.1291 + 1.043 * 30**0.5)
    assert inflesz(counts) == pytest.approx(206.835 - 62.3 * 1.5 - 15)


def test_counts_leave_out_headings_in_the_line_and_set_names_aside() -> None:
    draft = said("**Bone scan.** Ask about sacituzumab govitecan (NCT09990001). See example.org — and HER2.")
    set_aside = {
        passage: [(passage.spans[term.first][0], passage.spans[term.after - 1][1]) for term in terms]
        for passage, terms in draft.technical_terms.items()
    }
    assert count(draft.passages, "en", set_aside) == Counts(sentences=2, words=8, syllables=9, long_words=0)


def test_a_hard_section_is_shown_at_its_heading_with_its_grade() -> None:
    [finding] = found("reading-grade", said(HARD))
    assert finding.place == Place(FILE, 1)
    assert "“Know your tests” is hard to read: Flesch-Kincaid grade 3" in finding.message


def test_a_long_sentence_is_shown_in_the_line_where_it_begins() -> None:
    [finding] = found("sentence-too-long", said(f"A short one.\nAnother.\n{LONG_SENTENCE}"))
    assert finding.place.line == 3
    assert "has 26 words" in finding.message


def test_a_loaded_word_says_what_to_write_instead() -> None:
    [finding] = found("loaded-word", said("Text.\n\nIt is a\nBreakthrough."))
    assert (finding.place.line, finding.fix) == (4, "Say what was found.")


def test_a_loaded_word_in_the_front_matter_is_shown_there() -> None:
    [finding] = found("loaded-word", replace(with_issue(preheader="The cure is near"), vocabulary=VOCABULARY))
    assert finding.place.line == 4


def test_the_same_relative_number_ten_thousand_times_is_one_look_for_absolute_ones() -> None:
    """Looked for anew for each, it took 50 s: this test is slow when it fails."""
    assert len(found("relative-risk-alone", said("It is twice as likely.\n" * 10_000))) == 10_000


def test_a_relative_number_is_shown_in_its_line() -> None:
    [finding] = found("relative-risk-alone", said("Text.\n\nIt helps:\nthe risk is 50 % lower."))
    assert (finding.place.line, "“50 % lower”" in finding.message) == (4, True)


def test_a_term_is_found_once_where_it_first_stands_with_its_explanation() -> None:
    [finding] = found("term-unexplained", said("Text.\n\nTake\nTrodelvy. Trodelvy again."))
    assert finding.place.line == 4
    assert "“Trodelvy (an antibody drug conjugate)”" in finding.fix


def test_a_term_of_the_glossary_is_to_be_marked() -> None:
    [finding] = found("term-unexplained", said("Many biopsies? No: biopsias."))
    assert finding.fix == "Write [[biopsy|biopsies]] where it first stands."


def test_a_term_without_an_explanation_in_the_list_asks_for_one() -> None:
    [finding] = found("term-unexplained", said("Your report was equivocal."))
    assert finding.fix.startswith("Say beside it in a few words what it is")


def test_claims_are_shown_once_in_a_section_in_their_line() -> None:
    [finding] = found("sources-missing", said("Text.\n\nOf all, 30 percent\nand 40 percent. Trodelvy."))
    assert (finding.place.line, "“30 percent”" in finding.message) == (3, True)


def test_the_retired_number_is_found_in_the_files_that_an_issue_draws_on() -> None:
    files = {"issues/glossary.toml": "[x.en]\ndefinition = 'Call 866-891-2392'"}
    [finding] = found("retired-number", replace(good_draft(), vocabulary=Vocabulary(files=files)))
    assert finding.place == Place("issues/glossary.toml", 2, 20)


def test_the_retired_number_in_an_alternative_text_is_shown_there() -> None:
    [finding] = found("retired-number", written('Text.\n\n::: figure a.png alt="Call 866-891-2392"'))
    assert finding.place.line == 3


def test_a_wrong_helpline_number_is_shown_in_its_line() -> None:
    [finding] = found("helpline-number-differs", written("Text.\n\nThe helpline\nis 844-275-7472. Another is 800-422-6237."))
    assert (finding.place.line, finding.message) == (4, "844-275-7472 is not the helpline's number")


def test_a_tracked_link_names_its_parameters() -> None:
    [finding] = found("link-tracked", written("Text.\n[a](https://example.org/?utm_source=a&b=1&fbclid=2&utm_source=3)"))
    assert finding.place.line == 2
    assert finding.message.endswith(": utm_source, fbclid")


def test_a_long_address_is_cut_in_a_message() -> None:
    [finding] = found("link-shortened", written(f"[a](https://bit.ly/{'x' * 90})"))
    assert f"https://bit.ly/{'x' * 45}…" in finding.message


def test_a_private_address_is_shown_in_its_line() -> None:
    [finding] = found("private-address", written("Text.\n\nWrite to ana@gmail.com."))
    assert finding.place == Place(FILE, 3, 10)


def test_a_missing_number_is_shown_in_the_paragraph_that_lacks_it() -> None:
    [finding] = found("number-missing-in-language", both("Text.\n\nIt was\n30 of 100.", "Texto.\n\nSon 35 de 100."))
    assert finding.place == Place(SPANISH_FILE, 3)
    assert "lacks the number 30 of issues/2026-12/issue.md:4" in finding.message


def test_where_paragraphs_do_not_pair_the_section_is_shown() -> None:
    [finding] = found("number-missing-in-language", both("Text.\n\nIt was 30.", "Texto, son 35."))
    assert finding.place == Place(FILE, 1)


def test_sections_without_the_same_anchor_pair_in_their_order() -> None:
    first, other = both("30", "40")
    drafts = [
        replace(first, issue=sections("one", "two", issue=first.issue)),
        replace(other, issue=sections("two", "uno", issue=other.issue)),
    ]
    assert [finding.message for finding in found("number-missing-in-language", drafts)] == [
        "the section “Uno” lacks the number 30 of issues/2026-12/issue.md:1",
        "the section “Two” lacks the number 30 of issues/2026-12/issue.md:1",
    ]


def test_a_missing_section_is_shown_below_the_one_it_follows() -> None:
    first, other = both("x", "x")
    drafts = [
        replace(first, issue=sections("one", "two", "three", issue=first.issue)),
        replace(other, issue=sections("one", "three", issue=replace(other.issue, file=SPANISH_FILE))),
    ]
    [finding] = found("section-missing-in-language", drafts)
    assert finding.place == Place(SPANISH_FILE, 1)
    assert "“Two” of issues/2026-12/issue.md:11" in finding.message


def test_a_missing_link_and_a_missing_block_say_of_which_section() -> None:
    drafts = both("[a](https://example.org/a)", "x", [block("figure", line=7)])
    [link] = found("link-missing-in-language", drafts)
    [picture] = found("block-missing-in-language", drafts)
    assert "“Know your tests” lacks the link to https://example.org/a of issues/2026-12/issue.md:1" in link.message
    assert "lacks the block “figure” of issues/2026-12/issue.md:7" in picture.message


def test_a_section_without_a_heading_is_named_so() -> None:
    first, other = both("{{first_name|friend}}", "x")
    one = replace(other.issue.sections[0], title="")
    [finding] = found("personal-part-missing-in-language", [first, replace(other, issue=replace(other.issue, sections=(one,)))])
    assert finding.message.startswith("the section before the first heading lacks {{first_name}} of issues/2026-12/issue.md:1")


def test_the_editors_list_of_words_is_read_with_the_glossary() -> None:
    vocabulary = read_vocabulary(REPOSITORY)
    names = {name for term in vocabulary.terms for name in term.names}
    assert {"Trodelvy", "olaparib", "inhibidor de PARP", "HER2-low"} <= names
    assert vocabulary.loaded.keys() == {"en", "es"}
    assert set(vocabulary.files) == {"issues/words.toml", "issues/glossary.toml"}


def test_every_listed_term_says_in_both_languages_what_it_is() -> None:
    assert [term.names[0] for term in read_vocabulary(REPOSITORY).terms if not term.says.keys() >= {"en", "es"}] == []


def test_a_folder_without_word_lists_has_none(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path) == Vocabulary()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits", "issues/words.toml: cannot be read at"),
        ("[limits]\ngrade = 'high'", r"limits\.grade: has to be a number"),
        ("[drugs]\nolaparib = { en = 3 }", r"drugs\.olaparib\.en: has to be text"),
        ("[colours]", "colours: is not known here"),
    ],
)
def test_a_mistake_in_the_list_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues/words.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=said):
        read_vocabulary(tmp_path)


def test_two_drafts_of_one_file_are_no_translation_of_each_other() -> None:
    assert found("number-missing-in-language", [written("30"), replace(written("40"), issue=make_issue("40"))]) == []
