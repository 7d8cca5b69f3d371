"""A CSV file as some system wrote it: read cell by cell, written again with some cells changed and all else kept."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from checker.errors import AuthorError, Finding, Place

LARGEST = 64 << 20
_MARKS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Cell(NamedTuple):
    """What stands in a cell, and where its characters are in the text."""

    value: str
    start: int
    end: int


class Spreadsheet(NamedTuple):
    """A file's rows, each with the line it begins on, and all that is needed to write it again as it was."""

    file: str
    text: str
    encoding: str
    bom: bytes
    delimiter: str
    rows: list[tuple[int, list[Cell]]]

    def changed(self, values: dict[tuple[int, int], str]) -> bytes:
        """The file with other values in some cells, by row and column; everything else is byte for byte as it was."""
        parts, at = [], 0
        for (row, column), value in sorted(values.items()):
            cell = self.rows[row][1][column]
            quoted = self.text[cell.start : cell.start + 1] == '"' or any(
                c in value for c in (self.delimiter, '"', "\n")
            )
            doubled = value.replace('"', '""')
            parts += [self.text[at : cell.start], f'"{doubled}"' if quoted else value]
            at = cell.end
        return self.bom + "".join([*parts, self.text[at:]]).encode(self.encoding)


def read_spreadsheet(data: bytes, file: str) -> Spreadsheet:
    """The file's cells; its encoding is that of its byte-order mark, else UTF-8, else Windows' Western one.

    Raises:
        AuthorError: it is too large, or holds what no text does.
    """
    if len(data) > LARGEST:
        raise AuthorError(Finding("the file is larger than 64 MiB", Place(file), "leave out what is no student"))
    bom, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", ""))
    try:
        if encoding:
            text = data[len(bom) :].decode(encoding)
        else:
            try:
                text, encoding = data.decode("utf-8"), "utf-8"
            except UnicodeDecodeError:
                text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as error:
        what = f"it is not {error.encoding} text"
        raise AuthorError(Finding(what, Place(file), "export it again as CSV, in UTF-8")) from None
    if "\0" in text:
        raise AuthorError(Finding("it is not a text file", Place(file), "export it as CSV, not as a workbook"))
    delimiter = _delimiter(text)
    return Spreadsheet(file, text, encoding, bom, delimiter, list(_rows(text, delimiter)))


def _delimiter(text: str) -> str:
    """What separates the cells of the first row, outside quotes."""
    counts = dict.fromkeys(_MARKS, 0)
    inside = False
    for character in text[: 1 << 16].lstrip("\r\n"):
        if character == '"':
            inside = not inside
        elif not inside and character in "\r\n":
            break
        elif not inside and character in counts:
            counts[character] += 1
    return max(_MARKS, key=lambda mark: counts[mark])


def _rows(text: str, delimiter: str) -> list[tuple[int, list[Cell]]]:
    rows: list[tuple[int, list[Cell]]] = []
    stop = re.compile(f"[{re.escape(delimiter)}\r\n]")
    at, line, end = 0, 1, len(text)
    while at < end:
        first, cells = line, list[Cell]()
        while True:
            start = at
            if at < end and text[at] == '"':
                at += 1
                parts = []
                while at < end:
                    close = text.find('"', at)
                    if close < 0:  # never closed: the rest of the file is this cell
                        close = end
                    parts.append(text[at:close])
                    at = close + 1
                    if at < end and text[at] == '"':
                        parts.append('"')
                        at += 1
                        continue
                    break
                at = min(at, end)
                value = "".join(parts)
                rest = at
                at = _after(stop, text, at)
                value += text[rest:at]
                line += text.count("\n", start, at)
            else:
                at = _after(stop, text, at)
                value = text[start:at]
            cells.append(Cell(value, start, at))
            if at < end and text[at] == delimiter:
                at += 1
                continue
            break
        rows.append((first, cells))
        if text.startswith("\r\n", at):
            at += 2
        elif at < end:
            at += 1
        line += 1
    return rows


def _after(stop: re.Pattern[str], text: str, at: int) -> int:
    found = stop.search(text, at)
    return found.start() if found else len(text)
