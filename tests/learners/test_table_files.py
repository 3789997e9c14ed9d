"""Files as people have them: each is read, or refused with what was expected and what came."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metalearn.errors import InputError, UsageError
from metalearn.learners import table_files
from metalearn.learners.tables import load_frame, load_table

ROWS = 30
LINES = [f"{i},{i * 2.5},{'ab'[i % 2]}" for i in range(ROWS)]
CSV = "\n".join(["a,b,y", *LINES]) + "\n"
CLASSES = ["p", "q"] * (ROWS // 2)
ARFF = "@relation r\n@attribute a numeric\n@attribute b {x,'q r'}\n@attribute y {p,q}\n@data\n"


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def plain() -> pd.DataFrame:
    columns = {"a": range(ROWS), "b": np.arange(ROWS) * 2.5, "y": ["a", "b"] * (ROWS // 2)}
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", CSV),
        ("t.CSV", CSV),
        ("t.txt", CSV),
        ("semicolon.csv", CSV.replace(",", ";")),
        ("decimal comma.csv", CSV.replace(",", ";").replace(".", ",")),
        ("tab.tsv", CSV.replace(",", "\t")),
        ("bar.csv", CSV.replace(",", "|")),
        ("windows.csv", CSV.replace("\n", "\r\n")),
        ("mac.csv", CSV.replace("\n", "\r")),
        ("blank lines first.csv", "\n \n" + CSV),
        ("bom.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("utf16.csv", CSV.encode("utf-16")),
        ("zipped.csv.gz", gzip.compress(CSV.encode())),
        ("zipped without saying.csv", gzip.compress(CSV.encode())),
        ("not zipped.csv.gz", CSV),
    ],
)
def test_csv_in_all_its_spellings(write, name, content):
    pd.testing.assert_frame_equal(load_frame(write(name, content)), plain())


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ('"a\nx, z",b,y', ["a\nx, z", "b", "y"]),
        ('"a\n\n;;;;z",b,y', ["a\n\n;;;;z", "b", "y"]),
        ('"say ""a,"" twice",b,y', ['say "a," twice', "b", "y"]),
        ('a 6" wide,b,y', ['a 6" wide', "b", "y"]),
        (",b,y", ["Unnamed: 0", "b", "y"]),
    ],
)
def test_quoted_header_cells(write, header, names):
    frame = load_frame(write("t.csv", "\n".join([header, *LINES])))
    assert list(frame.columns) == names
    assert len(frame) == ROWS


def test_delimiters_in_quotes_do_not_count(write):
    lines = [f"{i};{i};{'ab'[i % 2]}" for i in range(ROWS)]
    frame = load_frame(write("t.csv", "\n".join(['"a, b, c, d";b;y', *lines])))
    assert list(frame.columns) == ["a, b, c, d", "b", "y"]


def test_latin_1(write):
    text = "é,b,y\n" + "\n".join(f"ü{i % 3},{i},{'ab'[i % 2]}" for i in range(ROWS))
    frame = load_frame(write("t.csv", text.encode("latin-1")))
    assert set(frame["é"]) == {"ü0", "ü1", "ü2"}


def test_trailing_delimiters_shift_nothing(write):
    lines = [line + "," for line in LINES]
    frame = load_frame(write("t.csv", "\n".join(["a,b,y,", *lines])))
    assert frame["a"].tolist() == list(range(ROWS))


REFUSED = {
    "empty.csv": ("", "is empty; expected CSV"),
    "blank.csv": ("\n \n", "holds no text; expected a header"),
    "image.csv": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "is a binary file"),
    "late.csv": (CSV.encode() + b"\xe9,\0,b\n", "is a binary file"),
    "noise.csv": (bytes(range(128, 256)) * 9, "one column only; expected features"),
    "table.xlsx": (CSV, "unknown format '.xlsx'; expected CSV"),
    "table": (CSV, "unknown format ''; expected CSV"),
    "one.csv": ("y\n1\n2\n", "one column only; expected features and a target"),
    "same.csv": ("\n".join(["a,a,y", *LINES]), r"duplicate column names \['a'\]; rename"),
    "nameless.csv": ("\n".join([",,y", *LINES]), "2 columns have no name; name them"),
    "long.csv": (CSV + "1,2,3,4,5\n", "not a CSV table: .* Expected 3 fields in line 32"),
    "shifted.csv": ("\n".join(["a,y", *LINES]), "more values than the header has names"),
    "quote.csv": (CSV + '"1,2,b\n3,4,a\n', "not a CSV table: .* EOF inside string"),
    "torn.csv.gz": (gzip.compress(CSV.encode())[:-12], "cannot be read: .*; expected CSV"),
    "junk.csv.gz": (gzip.compress(CSV.encode())[:20] + b"junk" * 30, "cannot be read: "),
    "text.parquet": (CSV, "not a readable Parquet file: Parquet magic bytes"),
    "text.arff": (CSV, "not an ARFF file: Invalid layout"),
    "same.arff": (ARFF.replace("@attribute b", "@attribute a") + "1,x,p", "already in use"),
    "value.arff": (ARFF + "1,nope,p\n", "nope not found in nominal declaration"),
    "short.arff": (ARFF + "1,x\n", "not an ARFF file"),
    "outside.arff": (ARFF + "{7 1}\n", "not an ARFF file"),
    "word.arff": (ARFF + "one,x,p\n", "not an ARFF file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(write, name):
    content, reason = REFUSED[name]
    with pytest.raises(InputError, match=reason) as caught:
        load_frame(write(name, content))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*nothing.csv'; check the path"):
        load_frame(tmp_path / "nothing.csv")


def test_a_folder(tmp_path):
    with pytest.raises(InputError, match="is a folder; name one table in it"):
        load_frame(tmp_path)


@pytest.mark.parametrize("name", ["n" * 5000 + ".csv", "a\0b.csv"])
def test_a_name_that_no_file_can_have(tmp_path, name):
    with pytest.raises(InputError, match=r"cannot be opened|there is no file"):
        load_frame(tmp_path / name)


@pytest.mark.parametrize("n", [2_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_columns(write, n):
    header = ",".join([*(f"c{i}" for i in range(n)), "y"])
    lines = [",".join(["1.5"] * (n - 1) + [str(i), "ab"[i % 2]]) for i in range(12)]
    table = load_table(write("wide.csv", "\n".join([header, *lines])), "y")
    assert table.X.shape == (12, n)


class TestParquet:
    @pytest.fixture
    def save(self, tmp_path):
        def save(**columns: object) -> Path:
            pq.write_table(pa.table({"y": CLASSES, **columns}), tmp_path / "t.parquet")
            return tmp_path / "t.parquet"

        return save

    def test_types_are_kept(self, save):
        flags = pa.array([True, False, None] * 10)
        codes = pa.array(["u", "v"] * 15).dictionary_encode()
        frame = load_frame(save(i=range(ROWS), flag=flags, code=codes))
        assert isinstance(frame["code"].dtype, pd.CategoricalDtype)
        assert frame["i"].dtype == np.int64
        assert frame["flag"].isna().sum() == 10

    def test_a_named_index_is_a_column(self, tmp_path):
        plain().set_index("a").to_parquet(tmp_path / "t.parquet")
        assert set(load_frame(tmp_path / "t.parquet").columns) == {"a", "b", "y"}

    def test_an_unnamed_index_is_not(self, tmp_path):
        plain().iloc[::-1].to_parquet(tmp_path / "t.parquet")
        assert list(load_frame(tmp_path / "t.parquet").columns) == ["a", "b", "y"]

    def test_duplicate_names(self, tmp_path):
        same = pa.Table.from_arrays([pa.array(range(ROWS))] * 3, names=["a", "a", "y"])
        pq.write_table(same, tmp_path / "t.parquet")
        with pytest.raises(InputError, match=r"duplicate column names \['a'\]; rename them"):
            load_frame(tmp_path / "t.parquet")

    @pytest.mark.parametrize(
        "column", [[[1, 2]] * ROWS, [None] * 20 + [[1, 2]] * 10, [{"k": 1}] * ROWS]
    )
    def test_lists_and_structures(self, save, column):
        with pytest.raises(InputError, match=r"columns \['a'\] hold lists or other containers"):
            load_table(save(a=column), "y")

    @pytest.mark.parametrize("damage", ["torn", "overwritten"])
    def test_damaged(self, save, damage):
        path = save(a=range(ROWS))
        content = bytearray(path.read_bytes())
        if damage == "torn":
            del content[-30:]
        else:
            content[8:60] = b"\xff" * 52
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"not a readable Parquet file|cannot be read"):
            load_frame(path)


class TestArff:
    def test_types_missing_values_and_quotes(self, write):
        lines = [f"{i},{'x' if i % 3 else '?'},{'pq'[i % 2]}" for i in range(ROWS)]
        frame = load_frame(write("t.arff", "% note\n" + ARFF + "\n".join(lines)))
        assert frame["a"].dtype == np.float64
        assert list(frame["b"].cat.categories) == ["x", "q r"]
        assert frame["b"].isna().sum() == 10

    def test_sparse_rows_mean_zero_and_the_first_category(self, write):
        lines = [f"{{0 {i}, 2 {'pq'[i % 2]}}}" if i else "{}" for i in range(ROWS)]
        frame = load_frame(write("t.arff", ARFF + "\n".join(lines)))
        assert frame["a"].tolist() == list(range(ROWS))
        assert set(frame["b"]) == {"x"}
        assert frame["y"].tolist() == CLASSES

    def test_dates(self, write):
        head = ARFF.replace("b {x,'q r'}", 'b DATE "yyyy-MM-dd"')
        lines = [f"{i},2020-01-{1 + i % 28:02d},{'pq'[i % 2]}" for i in range(ROWS)]
        frame = load_frame(write("t.arff", head + "\n".join(lines)))
        assert frame["b"].iloc[0] == "2020-01-01"

    def test_a_category_declared_twice(self, write):
        lines = [f"{i},x,{'pq'[i % 2]}" for i in range(ROWS)]
        frame = load_frame(write("t.arff", ARFF.replace("{x,", "{x,x,") + "\n".join(lines)))
        assert list(frame["b"].cat.categories) == ["x", "q r"]

    def test_without_rows(self, write):
        with pytest.raises(InputError, match="no rows; at least 10"):
            load_table(write("t.arff", ARFF), "y")


class TestLoadTable:
    def test_name_and_columns(self, write):
        table = load_table(write("my.table.csv.gz", gzip.compress(CSV.encode())), "y")
        assert (table.name, table.kind, table.target) == ("my.table", "classification", "y")
        assert list(table.X.columns) == ["a", "b"]

    def test_ignored_columns(self, write):
        assert list(load_table(write("t.csv", CSV), "y", ignore=["a"]).X.columns) == ["b"]

    def test_no_such_column_to_ignore(self, write):
        with pytest.raises(
            UsageError, match=r"no columns \['q'\] to ignore; it has 'a', 'b', 'y'"
        ):
            load_table(write("t.csv", CSV), "y", ignore=["q"])

    def test_no_such_target(self, write):
        with pytest.raises(
            InputError, match=r"no column 'z'; it has 'a', 'b', 'y'. Name the targ"
        ):
            load_table(write("t.csv", CSV), "z")

    def test_header_only(self, write):
        with pytest.raises(InputError, match="no rows; at least 10 are needed"):
            load_table(write("t.csv", "a,b,y\n"), "y")

    def test_equal_content_has_equal_digests(self, write):
        digests = {
            load_table(write(name, content), "y").digest()
            for name, content in (
                ("t.csv", CSV),
                ("s.tsv", CSV.replace(",", "\t")),
                ("z.csv.gz", gzip.compress(CSV.encode())),
            )
        }
        other = load_table(write("o.csv", CSV.replace("29,", "30,")), "y").digest()
        assert len(digests) == 1
        assert other not in digests


def test_what_is_guessed_about_a_file_is_noted(tmp_path):
    path = tmp_path / "t.csv"
    rows = "".join(f"{i},5;caf\u00e9{i % 3};{i % 2}\n" for i in range(12))
    path.write_bytes(("a;b;y\n" + rows).encode("latin-1"))
    table = load_table(path, "y")
    said = [("Latin-1" in note, "decimal" in note) for note in table.notes]
    assert said == [(True, False), (False, True)]
    assert table.X["a"].iloc[1] == 1.5
    path.write_text("a,b,y\n" + "".join(f"{i},x{i % 3},{i % 2}\n" for i in range(12)))
    assert load_table(path, "y").notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_letters_may_lie_across_the_parts_that_are_decoded(tmp_path, monkeypatch, encoding):
    monkeypatch.setattr(table_files, "_DECODED_BYTES", 3)
    text = "größe,y\r\n" + "".join(f"ünï{i}\u2028,{i}\r\n" for i in range(12))
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    frame = load_frame(path)
    assert list(frame.columns) == ["größe", "y"]
    assert frame["größe"].tolist() == [f"ünï{i}\u2028" for i in range(12)]


def test_latin_1_is_found_in_the_last_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "_DECODED_BYTES", 3)
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,y\n1,2\n3,\xe9")
    frame = load_frame(path)
    assert frame["y"].tolist() == ["2", "é"]
    assert "Latin-1" in frame.attrs["notes"][0]
