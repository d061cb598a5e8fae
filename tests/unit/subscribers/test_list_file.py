from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import UsageError
from newsletter.subscribers.lists.file import ListPart, open_list
from newsletter.subscribers.lists.formats import CONSTANT_CONTACT, LISTMONK, MAILCHIMP, OWN, OWN_COLUMNS, PLAIN
from newsletter.subscribers.models import EndReason


def written(folder: Path, text: str, encoding: str = "utf-8", *, name: str = "list.csv") -> ListPart:
    (folder / name).write_bytes(text.encode(encoding))
    (part,) = open_list(folder / name).parts
    return part


def read(part: ListPart) -> list[dict[str, str]]:
    """Give the cells of all rows that can be read, by what they mean."""
    return [{str(column): cell for column, cell in part.cells(row).items() if column} for row in part.rows() if not row.problem]


def problems(part: ListPart) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in part.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16", "utf-16-le", "utf-16-be"])
def test_accents_are_read_whichever_program_wrote_the_list(tmp_path: Path, encoding: str) -> None:
    names = ["José", "Muñoz", "Zoë", "Inés", "Peña", "Sofía"]
    text = "email,first_name\n" + "".join(f"reader{number}@example.org,{name}\n" for number, name in enumerate(names))
    assert [row["first_name"] for row in read(written(tmp_path, text, encoding))] == names


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found(tmp_path: Path, delimiter: str, ending: str) -> None:
    rows = [["email", "first_name", "topics"], ["ana@example.org", "Ana", "tnbc"], ["eva@example.org", "", ""]]
    listed = written(tmp_path, ending.join(delimiter.join(row) for row in rows))
    assert read(listed) == [
        {"email": "ana@example.org", "first_name": "Ana", "topics": "tnbc"},
        {"email": "eva@example.org", "first_name": "", "topics": ""},
    ]


def test_headings_are_found_by_their_other_names_and_foreign_columns_are_ignored(tmp_path: Path) -> None:
    listed = written(tmp_path, "Shoe size, E-Mail Address ,Nombre,Consent-Date\n42,ana@example.org,Ana,2025-01-01\n")
    assert listed.ignored == ("Shoe size",)
    assert read(listed) == [{"email": "ana@example.org", "first_name": "Ana", "consent_date": "2025-01-01"}]


def test_a_list_of_addresses_alone_is_a_list(tmp_path: Path) -> None:
    assert read(written(tmp_path, "email\nana@example.org")) == [{"email": "ana@example.org"}]


def test_line_numbers_count_as_an_editor_does_and_empty_lines_are_skipped(tmp_path: Path) -> None:
    listed = written(tmp_path, "email,first_name\n\nana@example.org,Ana\n , \n,\neva@example.org,Eva\n")
    assert [row.line for row in listed.rows()] == [3, 6]


def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line_alone(tmp_path: Path) -> None:
    listed = written(
        tmp_path, 'email,first_name\nana@example.org,"Ana\neva@example.org,"Eva, the first"\nmia@example.org,Mia,x\n'
    )
    assert problems(listed) == [
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


@pytest.mark.parametrize("name", ["list.zip", "list.xlsx"])
def test_an_archive_that_was_cut_off_is_told_from_a_list(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("subscribed_1.csv", "Email Address\nana@example.org\n")
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(UsageError, match="Download it again"):
        open_list(file)


def test_a_sheet_of_excel_is_told_how_to_become_a_list(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(UsageError, match="save it as CSV"):
        open_list(tmp_path / "list.xlsx")


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
    assert [(row["email"], row["first_name"]) for row in read(listed)] == kept


@given(junk=st.binary(max_size=400))
def test_a_file_of_anything_is_read_or_refused_and_never_raises(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    file = tmp_path_factory.mktemp("list") / "list.csv"
    file.write_bytes(b"email,first_name\n" + junk)
    try:
        (part,) = open_list(file).parts
    except UsageError as refused:
        # Zeros in every other octet make it UTF-16, of which the heading is none.
        assert "no column called email" in str(refused)  # noqa: PT017 - most files are read, and raise nothing
    else:
        assert all(row.problem or len(row.cells) <= 2 for row in part.rows())


NOTES = 'Called twice,\r\nwants ""large print"".\r\n\r\nana@work.example, perhaps'


def test_a_cell_in_quotation_marks_may_have_line_breaks(tmp_path: Path) -> None:
    text = f'Email Address,NOTES,LEID,EUID,First Name\r\nana@example.org,"{NOTES}",1,a,Ana\r\neva@example.org,,2,b,Eva\r\n'
    part = written(tmp_path, text, name="subscribed_members.csv")
    assert [(row.line, row.problem) for row in part.rows()] == [(2, ""), (6, "")]
    assert [row["first_name"] for row in read(part)] == ["Ana", "Eva"]


good = st.integers(0, 10**6).map(lambda number: f"reader{number}@example.org")
junk_line = st.text(st.sampled_from('ab@.",; \t\u00e9'), max_size=30)


@given(rows=st.lists(st.tuples(good, st.lists(junk_line, max_size=3)), min_size=1, max_size=6))
def test_good_rows_survive_bad_neighbours(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, list[str]]]) -> None:
    lines = ["email,first_name,language"]
    for address, junk in rows:
        lines += [*junk, f"{address},Ana,en"]
    part = written(tmp_path_factory.mktemp("list"), "\n".join(lines))
    kept = [row["email"] for row in read(part)]
    assert [address for address in kept if address.endswith("@example.org")] == [address for address, _ in rows]


MAILCHIMP_HEADING = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID,NOTES,TAGS"
)
CC_HEADING = "Email address,First name,Last name,Email status,Email permission status,Email update source,Confirmed Opt-Out Date"


@pytest.mark.parametrize(
    ("heading", "name", "written_by"),
    [
        (MAILCHIMP_HEADING, "subscribed_members_export_1.csv", MAILCHIMP),
        (CC_HEADING, "contacts.csv", CONSTANT_CONTACT),
        ("uuid,email,name,attributes,status,created_at,updated_at", "subscribers.csv", LISTMONK),
        (",".join(OWN_COLUMNS), "out.csv", OWN),
        ("email,first_name", "list.csv", PLAIN),
    ],
)
def test_a_program_is_known_by_its_headings(tmp_path: Path, heading: str, name: str, written_by: object) -> None:
    part = written(tmp_path, f"{heading}\n", name=name)
    assert part.format is written_by


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("subscribed_members_export_1.csv", "active"),
        ("unsubscribed_email_audience_export_1.csv", EndReason.UNSUBSCRIBED),
        ("Cleaned_members_export_1.csv", EndReason.BOUNCED),
        ("nonsubscribed_members_export_1.csv", "never asked for it"),
    ],
)
def test_the_name_of_a_mailchimp_file_says_how_its_people_stand(tmp_path: Path, name: str, status: str) -> None:
    assert written(tmp_path, f"{MAILCHIMP_HEADING}\n", name=name).status == status


def test_a_mailchimp_file_that_says_nowhere_who_has_left_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Give it back the name that Mailchimp gave it"):
        written(tmp_path, f"{MAILCHIMP_HEADING}\n")


def test_a_zip_is_one_list_of_all_its_files(tmp_path: Path) -> None:
    archive = tmp_path / "audience.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for status in ("subscribed", "unsubscribed"):
            zipped.writestr(f"audience/{status}_members.csv", f"{MAILCHIMP_HEADING}\n{status}@example.org\n")
        zipped.writestr("__MACOSX/._subscribed.csv", "junk")
        zipped.writestr("read me.txt", "junk")
    parts = open_list(archive).parts
    assert [(part.name, part.status, read(part)[0]["email"]) for part in parts] == [
        ("subscribed_members.csv", "active", "subscribed@example.org"),
        ("unsubscribed_members.csv", EndReason.UNSUBSCRIBED, "unsubscribed@example.org"),
    ]


def test_a_zip_without_a_list_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("a.txt", "junk")
    with pytest.raises(UsageError, match="no CSV file"):
        open_list(tmp_path / "a.zip")


def test_a_line_that_is_not_utf_8_is_read_in_its_own_encoding_and_spoils_no_other(tmp_path: Path) -> None:
    lines = [b"email,first_name", *(f"r{n}@example.org,José".encode("cp1252" if n == 3 else "utf-8") for n in range(9))]
    (tmp_path / "list.csv").write_bytes(b"\n".join(lines))
    (part,) = open_list(tmp_path / "list.csv").parts
    assert {row["first_name"] for row in read(part)} == {"José"}
    assert part.text.odd_lines == 1


def test_what_excel_says_about_its_delimiter_is_no_heading(tmp_path: Path) -> None:
    part = written(tmp_path, "sep=;\nemail;first_name\nana@example.org;Ana, the first\n")
    assert read(part) == [{"email": "ana@example.org", "first_name": "Ana, the first"}]
