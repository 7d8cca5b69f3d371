"""Whatever bytes a file holds: it is read, or refused by the declared error with a place; soon, in little memory."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checker.errors import AuthorError, CheckerError, Finding, SubmissionError
from checker.shipped import schema
from checker.submission import Content, Entry, load_submission
from checker.yamlfile import Node, Scalar, Sequence, read, validate, value

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
HEAD = b"format: check-backprop/submission@1\nproblem: n\nanswers:\n"
SCHEMA = schema("submission")

SIGNS = "a|b: |: |\n|  |- |? |[|]|{|}|,|'|\"|#|>|&a |*a|!t |%|%TAG ! x\n|---\n|...\n|<<: "
ODD = "\t|\r\n|\x00|\x85|\u2028|é|\ufeff|\\|\\x00"
WORDS = "~|true|-1/3|0x1F|.nan|1e999|value: |formula: |format: |answers: |problem: "
yaml_like = st.lists(
    st.sampled_from([*SIGNS.split("|"), *ODD.split("|"), *WORDS.split("|"), "|"]),
    max_size=40,
).map(lambda parts: "".join(parts).encode())


def entries(content: Content) -> list[Entry]:
    return [content] if isinstance(content, Entry) else [entry for part in content for entry in entries(part)]


def nodes(node: Node) -> list[Node]:
    if isinstance(node, Scalar):
        return [node]
    inner = node.items if isinstance(node, Sequence) else [*node.keys.values(), *node.items.values()]
    return [node, *(each for part in inner for each in nodes(part))]


def is_read_or_refused(data: bytes) -> None:
    """Nothing but the declared error leaves the readers, and every place lies in the file."""
    lines = data.decode("utf-8", "replace").splitlines() or [""]
    root, findings = attempt(lambda: read(data, "f.yaml", AuthorError), AuthorError)
    assert all(1 <= finding.where.line <= len(lines) + 1 for finding in findings if finding.where)
    if root is not None:
        assert all(1 <= node.line <= len(lines) + 1 and node.column >= 1 for node in nodes(root))
        value(root)
        validate(root, SCHEMA, "f.yaml")
    for whole in (data, HEAD + b"  " + data.replace(b"\n", b"\n  ")):
        submission, _ = attempt(lambda whole=whole: load_submission(whole, "f.yaml"), SubmissionError)
        for answer in submission.answers if submission else ():
            for entry in entries(answer.content):
                assert entry.error is None or (entry.number is None and entry.formula is None)
                assert entry.number is None or abs(entry.number.value) < float("inf")


def attempt(action: Callable[[], T], declared: type[CheckerError]) -> tuple[T | None, tuple[Finding, ...]]:
    """What an action gives, or the findings of the error it may raise, each with its place."""
    try:
        return action(), ()
    except declared as error:
        findings = error.findings
    assert findings
    assert all(finding.what and finding.where and finding.where.column >= 1 for finding in findings)
    return None, findings


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe")
@example("a: 1".encode("utf-32"))
def test_any_bytes(data: bytes) -> None:
    is_read_or_refused(data)


@given(st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_text(data: bytes) -> None:
    is_read_or_refused(data)


@given(yaml_like)
@example(b"? ? ? a\n")
@example(b"{[a]: 1, {b: 2}: 3}")
@example(b"a: !t &a [*a]")
@example(b"- \n- ? - a\n  : b")
def test_anything_that_looks_like_yaml(data: bytes) -> None:
    is_read_or_refused(data)


@given(st.text(max_size=60))
def test_any_text_as_an_answer(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    is_read_or_refused(HEAD + b"  z: " + quoted.encode("utf-8", "surrogatepass"))
    is_read_or_refused(HEAD + b"  z: " + text.encode("utf-8", "surrogatepass"))


BOMBS = {
    "brackets": b"[" * 40_000,
    "brackets behind a key": b"a: " + b"[" * 40_000,
    "braces": b"{" * 40_000,
    "brackets with spaces": b"[ " * 20_000,
    "brackets with lines": b"[\n" * 20_000,
    "mappings in mappings": b"{a: " * 10_000,
    "dashes": b"- " * 20_000,
    "questions": b"? " * 20_000,
    "colons": b": " * 300_000,
    "closing brackets": b"]" * 1_000_000,
    "commas": b"[" + b"," * 1_000_000,
    "aliases": b"a: &a [1,1,1,1,1,1,1,1,1]\n"
    + b"".join(b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 9)) for n in range(ord("b"), ord("z"))),
    "anchors": b"&a " * 300_000,
    "tags": b"!t " * 300_000,
    "exclamation marks": b"!" * 1_000_000,
    "merge keys": b"<<: {a: 1}\n" * 80_000,
    "tag directives": b"".join(b"%%TAG !a%d! x\n" % n for n in range(60_000)) + b"---\na: 1\n",
    "tag directives of a second document": b"a: 1\n...\n" + b"".join(b"%%TAG !a%d! x\n" % n for n in range(60_000)),
    "documents": b"---\n" * 200_000,
    "one key, many times": b"a: 1\n" * 180_000,
    "many values": b"a: [" + b"1," * 500_000 + b"]",
    "one long number": b"a: " + b"1" * 1_000_000,
    "one long key": b"a" * 1_000_000 + b": 1",
    "one long line break": b"a: '" + b"\n" * 1_000_000 + b"'",
    "escapes": b'a: "' + b"\\n" * 500_000 + b'"',
    "byte-order marks": b"\xef\xbb\xbf" * 300_000,
    "NUL": b"\x00" * 1_000_000,
    "not UTF-8": b"\xff" * 1_000_000,
    "more than 1 MiB": b"a: 1\n" * 300_000,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused(data: bytes) -> None:
    with pytest.raises(SubmissionError) as caught:
        load_submission(data, "bomb.yaml")
    assert 1 <= len(caught.value.findings) <= 100
    assert len(str(caught.value)) < 20_000


ANSWERS = {
    "many digits": b"1" * 90_000,
    "many decimals": b"0." + b"1" * 90_000,
    "a long exponent": b"1e" + b"9" * 90_000,
    "a huge exponent": b"1e999999",
    "a tower of powers": b"9**9**9**9",
    "long denominator": b"1/" + b"3" * 90_000,
    "many slashes": b"1/" * 40_000,
    "many commas": b"1" + b",234" * 20_000,
    "many points": b"1." * 40_000,
    "many spaces": b"= " + b" " * 90_000 + b"x",
    "many signs": b"-" * 90_000,
    "many underscores": b"1" + b"_" * 90_000,
    "hex digits": b"0x" + b"F" * 90_000,
    "a long word": b"a" * 90_000,
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_a_hostile_answer_costs_itself_alone(text: bytes) -> None:
    read_answers = load_submission(HEAD + b"  z: '" + text + b"'\n  a: 0.5\n", "s.yaml").answers
    hostile, good = (answer.content for answer in read_answers)
    assert isinstance(hostile, Entry)
    assert isinstance(good, Entry)
    assert hostile.error is not None or (hostile.formula is not None and len(hostile.formula) <= 2_000)
    assert len(hostile.text) <= 2_000
    assert len(hostile.error or "") < 200
    assert good.number is not None


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_all_of_them_stay_within_time_and_memory(tmp_path) -> None:
    """A process of its own with 300 MB of address space and 2 seconds of processor time for each file."""
    files = [*BOMBS.values(), *(HEAD + b"  z: '" + text + b"'\n" for text in ANSWERS.values())]
    for number, data in enumerate(files):
        (tmp_path / str(number)).write_bytes(data)
    program = """
        import pathlib, resource, sys, time
        from checker.errors import SubmissionError
        from checker.submission import load_submission
        resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
        slow = []
        for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
            start = time.process_time()
            try:
                load_submission(path.read_bytes(), "s.yaml")
            except SubmissionError:
                pass
            if time.process_time() - start > 2:
                slow.append(path.name)
        print(slow)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_nothing_in_a_file_is_run(tmp_path) -> None:
    proof = tmp_path / "proof"
    for tag in ("!!python/object/apply:os.system", "!!python/object/new:os.system", "!!python/name:os.system"):
        text = f"format: {tag} ['touch {proof}']\nanswers: {tag} ['touch {proof}']\n"
        with pytest.raises(SubmissionError):
            load_submission(text.encode(), "s.yaml")
    load_submission(HEAD + f"  z: __import__('os').system('touch {proof}')\n".encode(), "s.yaml")
    assert not proof.exists()


NUMBERS = ", ".join(["0.1"] * 6_000)
HUGE = {
    "outer product": ("sum(outer(x, x))", "a part of 36,000,000 elements; use at most 100,000"),
    "padding": ("sum(conv1d(x, k, 1, 100000000))", "conv1d with a setting beyond 1000; write a smaller one"),
    "windows": ("sum(conv1d(x, x, 1, 1000))", "conv1d of too many elements; use smaller arrays"),
    "Jacobian": ("sum(s)", "36,000,000 scalar steps in an iteration, more than 10,000; make the network smaller"),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says what a process has had")
@pytest.mark.parametrize(("formula", "message"), HUGE.values(), ids=HUGE)
def test_a_problem_that_would_be_huge_is_refused_before_it_is(formula, message, tmp_path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        "format: check-backprop/problem@1\nid: p\n"
        f"given: {{k: [1, 2], x: [{NUMBERS}]}}\nforward: {{s: softmax(x), z: '{formula}'}}\n",
        encoding="utf-8",
    )
    program = """
        import re, sys, time
        import lark, sympy
        from checker import load_program
        from checker.errors import AuthorError
        start = time.process_time()
        try:
            load_program(sys.argv[1])
        except AuthorError as error:
            print(error)
        print(time.process_time() - start < 2 or time.process_time() - start)
        # not getrusage: what it calls our peak is that of whoever started us, where that was larger
        with open("/proc/self/status") as status:
            print(int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) < 300 << 10)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *said, quick, small = done.stdout.splitlines()
    assert (quick, small) == ("True", "True")
    assert said[0].endswith(message)
