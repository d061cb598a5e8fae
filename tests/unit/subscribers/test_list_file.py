from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import UsageError
from newsletter.subscribers.list_file import ListFile, open_list


def written(folder: Path, text: str, encoding: str = "utf-8") -> ListFile:
    (folder / "list.csv").write_bytes(text.encode(encoding))
    return open_list(folder / "list.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16"])
def test_accents_are_read_whichever_program_wrote_the_list(tmp_path: Path, encoding: str) -> None:
    names = ["José", "Muñoz", "Zoë", "Inés", "Peña", "Sofía"]
    text = "email,first_name\n" + "".join(f"reader{number}@example.org,{name}\n" for number, name in enumerate(names))
    assert [line.cells["first_name"] for line in written(tmp_path, text, encoding).lines()] == names


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found(tmp_path: Path, delimiter: str, ending: str) -> None:
    rows = [["email", "first_name", "topics"], ["ana@example.org", "Ana", "tnbc"], ["eva@example.org", "", ""]]
    listed = written(tmp_path, ending.join(delimiter.join(row) for row in rows))
    assert [line.cells for line in listed.lines()] == [
        {"email": "ana@example.org", "first_name": "Ana", "topics": "tnbc"},
        {"email": "eva@example.org", "first_name": "", "topics": ""},
    ]


def test_headings_are_found_by_their_other_names_and_foreign_columns_are_ignored(tmp_path: Path) -> None:
    listed = written(tmp_path, "Shoe size, E-Mail Address ,Nombre,Consent-Date\n42,ana@example.org,Ana,2025-01-01\n")
    assert listed.ignored == 1
    assert [line.cells for line in listed.lines()] == [
        {"email": "ana@example.org", "first_name": "Ana", "consent_date": "2025-01-01"}
    ]


def test_a_list_of_addresses_alone_is_a_list(tmp_path: Path) -> None:
    assert [line.cells for line in written(tmp_path, "email\nana@example.org").lines()] == [{"email": "ana@example.org"}]


def test_line_numbers_count_as_an_editor_does_and_empty_lines_are_skipped(tmp_path: Path) -> None:
    listed = written(tmp_path, "email,first_name\n\nana@example.org,Ana\n , \n,\neva@example.org,Eva\n")
    assert [line.number for line in listed.lines()] == [3, 6]


def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line_alone(tmp_path: Path) -> None:
    listed = written(
        tmp_path, 'email,first_name\nana@example.org,"Ana\neva@example.org,"Eva, the first"\nmia@example.org,Mia,x\n'
    )
    problems = [(line.number, line.problem) for line in listed.lines()]
    assert problems == [
        (2, "a quotation mark is missing or too many"),
        (3, ""),
        (4, "it has more cells than the heading has columns"),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", "ana@example.org\n", "first_name,language\nAna,en\n", '"email\nana@example.org\n', "\x00\x01\x02"]
)
def test_a_file_without_an_email_column_is_refused_without_showing_what_is_in_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="has no column called email") as refused:
        written(tmp_path, text)
    assert "ana@" not in str(refused.value)


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names email twice"):
        written(tmp_path, "email,E-mail\nana@example.org,eva@example.org\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv cannot be read: No such file"):
        open_list(tmp_path / "none.csv")


cells = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12).map(str.strip)


@given(rows=st.lists(st.tuples(cells, cells), max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_what_the_csv_module_wrote_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([("email", "first_name"), *rows])
    listed = written(tmp_path_factory.mktemp("list"), text.getvalue())
    kept = [row for row in rows if any(row)]
    assert [(line.cells["email"], line.cells["first_name"]) for line in listed.lines()] == kept


@given(junk=st.binary(max_size=400))
def test_a_file_of_anything_is_read_or_refused_and_never_raises(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    file = tmp_path_factory.mktemp("list") / "list.csv"
    file.write_bytes(b"email,first_name\n" + junk)
    try:
        listed = open_list(file)
    except UsageError as refused:
        assert "encoding cannot be told" in str(refused)  # noqa: PT017 - most files are read, and raise nothing
    else:
        assert all(line.problem or set(line.cells) <= {"email", "first_name"} for line in listed.lines())
