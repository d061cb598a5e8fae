from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring.complaints import Complaints
from newsletter.authoring.glossary import GLOSSARY_FILE, Glossary, read_glossary
from newsletter.authoring.issue import GlossaryTerm


def read(tmp_path: Path, data: bytes) -> tuple[Glossary, list[str]]:
    (tmp_path / "issues").mkdir()
    (tmp_path / "issues" / "glossary.toml").write_bytes(data)
    complaints = Complaints(GLOSSARY_FILE)
    return read_glossary(tmp_path, complaints), [str(finding) for finding in complaints.findings]


def test_a_term_has_its_words_in_every_language(tmp_path: Path) -> None:
    text = '["HER2-low".en]\nterm = "HER2 low"\ndefinition = """\nA little\nHER2."""\n["HER2-low".es]\nterm="a"\ndefinition="b"\n'
    glossary, findings = read(tmp_path, text.encode())
    assert findings == []
    assert glossary.terms["HER2-low"]["en"] == GlossaryTerm("HER2-low", "HER2 low", "A little HER2.")
    assert set(glossary.terms["HER2-low"]) == {"en", "es"}


def test_a_folder_without_a_glossary_has_no_terms(tmp_path: Path) -> None:
    complaints = Complaints(GLOSSARY_FILE)
    assert read_glossary(tmp_path, complaints) == Glossary()
    assert complaints.findings == []


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"[a", "issues/glossary.toml: error: the glossary is not TOML"),
        (b"\n[a b]\n", "issues/glossary.toml:2:4: error: the glossary is not TOML"),
        (b"\xff", "issues/glossary.toml: error: the glossary is not UTF-8"),
        (b"a = 1", "issues/glossary.toml: error: the term “a” has no languages"),
        (b"\n[a]\nen = 1", "issues/glossary.toml:2: error: the term “a” in “en” has no term"),
        (b"[a.en]\nterm = 'x'\n", "issues/glossary.toml:1: error: the term “a” in “en” has no definition"),
        (b"[a.en]\nterm = 'x'\ndefinition = '@@MM'\n", "issues/glossary.toml:1: error: the term “a” in “en” has no definition"),
        (b"[a.en]\nterm = 'x'\ndefinition = 'y'\ndefintion = 'z'", "issues/glossary.toml:1: error: the term “a” in “en” has an"),
    ],
)
def test_a_mistake_is_placed_at_the_terms_heading(tmp_path: Path, data: bytes, start: str) -> None:
    _, findings = read(tmp_path, data)
    assert findings[0].startswith(start)
