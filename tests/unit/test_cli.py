from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import checker
from checker import cli, grading, shipped
from checker.cli import main
from checker.commands import COMMANDS, Command
from checker.errors import AuthorError, Finding, InternalError, Place, SubmissionError
from checker.model import Grade, Kind, Solution, SolvedStep, StepGrade, Verdict
from checker.table import Table

ROOT = Path(__file__).parents[2]


def graded(verdict=Verdict.CORRECT, awarded=1.0):
    step = StepGrade("z", Kind.FORWARD, verdict, "0.7", "0.7777", "0.7777", awarded, 1.0, "", line=5, column=6)
    first = "z" if verdict is Verdict.WRONG else None
    return Grade("neuron", "One neuron", "ada", "ada.yaml", awarded, 1.0, first, (), (step,))


@pytest.fixture
def asked(monkeypatch):
    """Which problems were loaded, and what keeps them; every submission is right."""
    calls = []
    monkeypatch.setattr(checker, "load_program", lambda problem, store, **_: calls.append((problem, store)))
    monkeypatch.setattr(grading, "grade_submission", lambda sheet, *_: graded()._replace(submission=sheet.file))
    return calls


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to stand in, with a submission and its problem beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada.yaml").write_text("format: check-backprop/submission@1\nproblem: neuron\nanswers: {z: 0.7}\n")
    (tmp_path / "neuron.yaml").write_text("format: check-backprop/problem@1\nid: neuron\n")
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "xor.yaml").write_text("format: check-backprop/problem@1\nid: xor\n")
    monkeypatch.setattr(shipped, "data_folder", lambda _: tmp_path / "shipped")
    return tmp_path


def test_a_bare_file_is_checked(folder, asked, capsys):
    assert main(["ada.yaml"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("One neuron\nada, ada.yaml\n\n1 of 1 point\n")
    assert err == ""
    ((problem, store),) = asked
    assert problem == Path("neuron.yaml")
    assert store.folder is not None
    assert store.folder.name == "check-backprop"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "ada.yaml", "--format", "json"],
        ["ada.yaml", "--format=json"],
        ["--format", "json", "ada.yaml"],
        ["./ada.yaml", "--format", "json", "--no-cache"],
    ],
)
def test_ways_to_say_it(folder, asked, capsys, arguments):
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["feedback"] == "hint"


def test_a_file_without_a_suffix_is_a_submission(folder, asked, capsys):
    Path("ada.yaml").rename("ada")
    assert main(["ada"]) == 0
    assert capsys.readouterr().out.startswith("One neuron")


def test_less_than_full_marks_is_status_1(folder, monkeypatch, capsys):
    monkeypatch.setattr(checker, "grade", lambda *args, **more: graded(Verdict.WRONG, 0.0))
    assert main(["ada.yaml", "--feedback", "verdict"]) == 1
    assert "0.7777" not in capsys.readouterr().out
    assert main(["ada.yaml", "--feedback", "full"]) == 1
    assert "0.7777" in capsys.readouterr().out


def test_thirds_of_points_are_full_marks(folder, monkeypatch, capsys):
    monkeypatch.setattr(checker, "grade", lambda *args, **more: graded(awarded=0.1 + 0.2 + 0.7 - 1e-16))
    assert main(["ada.yaml"]) == 0


def test_where_the_problem_is_looked_for(folder, asked, capsys):
    problems = folder / "problems"
    problems.mkdir()
    (problems / "p.yaml").write_text("id: neuron\n")
    assert main(["ada.yaml", "--problems", "problems"]) == 0
    assert main(["ada.yaml", "--problem", "any/file.yaml"]) == 0
    (problems / "p.yaml").unlink()
    assert main(["ada.yaml", "--problems", "problems"]) == 0
    Path("ada.yaml").write_text("format: check-backprop/submission@1\nproblem: xor\nanswers: {z: 0.7}\n")
    assert main(["ada.yaml"]) == 0
    found = [str(problem.relative_to(folder) if problem.is_absolute() else problem) for problem, _ in asked]
    assert found == ["problems/p.yaml", "any/file.yaml", "neuron.yaml", "shipped/xor.yaml"]


def test_an_unknown_problem_says_where_it_is_named(folder, asked, capsys):
    Path("ada.yaml").write_text("format: check-backprop/submission@1\nproblem:   neuro\nanswers: {z: 0.7}\n")
    assert main(["ada.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "ada.yaml:2:12: there is no problem 'neuro' in ., nor among the shipped ones; did you mean 'neuron'?\n"
    )


def test_no_cache_keeps_nothing(folder, asked):
    main(["ada.yaml", "--no-cache"])
    assert asked[0][1].folder is None


USAGE = [
    ([], "check-backprop: no submission given; write `check-backprop SUBMISSION.yaml`, or `check-backprop --help`\n"),
    (["slove", "xor"], "check-backprop: there is no command and no file 'slove'; did you mean 'solve'?\n"),
    (
        ["frobnicate"],
        f"check-backprop: there is no command and no file 'frobnicate'; use one of {', '.join(COMMANDS)}\n",
    ),
    (
        ["--format", "json", "bacth"],
        "check-backprop: there is no command and no file 'bacth'; did you mean 'batch'?\n",
    ),
    (["shipped"], "check-backprop: 'shipped' is a folder; give one submission, a file\n"),
    (
        ["ada.yaml", "bob.yaml"],
        "check-backprop: 'bob.yaml' is one argument too many; see `check-backprop check --help`\n",
    ),
    (["ada.yaml", "--fromat", "json"], "check-backprop: unknown option '--fromat'; did you mean '--format'?\n"),
    (["ada.yaml", "--problems", "none"], "check-backprop: --problems none: there is no such folder\n"),
    (["none.yaml"], "none.yaml:1:1: there is no such file; give a file that is there\n"),
    (["neuorn.yml"], "neuorn.yml:1:1: there is no such file; did you mean 'neuron.yaml'?\n"),
    (["no/ada.yaml"], "no/ada.yaml:1:1: there is no such file; there is no folder 'no' either\n"),
    (["solve", "xro"], "there is no problem 'xro' among the shipped ones; did you mean 'xor'?\n"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_unusable(folder, asked, capsys, arguments, message):
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", message)
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["ada.yaml", "--format", "jsn"], "argument --format: invalid choice: 'jsn'"),
        (["ada.yaml", "--feedback", "all"], "argument --feedback: invalid choice: 'all'"),
        (["ada.yaml", "--problem", "a", "--problems", "b"], "not allowed with argument"),
        (["solve", "xor", "--iterations", "0"], "argument --iterations: '0' is not a whole number from 1 to 10000"),
        (
            ["solve", "xor", "--iterations", "1e99"],
            "argument --iterations: '1e99' is not a whole number from 1 to 10000",
        ),
        (["solve", "xor", "--digits", "9" * 5000], "is not a whole number from 1 to 1000"),
        (["solve"], "the following arguments are required: PROBLEM"),
    ],
)
def test_argparse_refuses(folder, capsys, arguments, part):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert part in err


def test_a_command_that_exists_is_suggested(folder, capsys, monkeypatch):
    other = Command("juggle", "keep things in the air")
    monkeypatch.setattr(cli, "COMMANDS", Table("command", (*COMMANDS.values(), other)))
    assert main(["jugle", "shipped"]) == 2
    assert (
        capsys.readouterr().err == "check-backprop: there is no command and no file 'jugle'; did you mean 'juggle'?\n"
    )


def test_findings_are_printed_a_line_each_and_cleaned(folder, capsys, monkeypatch):
    def refuse(*args, **more):
        raise SubmissionError(
            Finding("what \x1b[31m", Place("ada.yaml", 3, 4), "mend"), *[Finding("more", Place("ada.yaml"))] * 60
        )

    monkeypatch.setattr(checker, "grade", refuse)
    assert main(["ada.yaml"]) == 2
    lines = capsys.readouterr().err.split("\n")
    assert lines[0] == "ada.yaml:3:4: what ; mend"
    assert lines[50:] == ["and 11 more", ""]


@pytest.mark.parametrize("error", [InternalError(Finding("a step is lost")), ZeroDivisionError("a step is lost")])
def test_a_fault_of_ours_is_status_3(folder, capsys, monkeypatch, error):
    def fail(*args, **more):
        raise error

    monkeypatch.setattr(checker, "grade", fail)
    assert main(["ada.yaml"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    name = "" if isinstance(error, InternalError) else "ZeroDivisionError: "
    assert err == (
        f"check-backprop: a fault of ours, not of your file: {name}a step is lost; "
        "run it again with --debug and send what it prints, with the file, to the authors\n"
    )
    assert main(["ada.yaml", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_every_command_has_examples_that_it_takes(command, capsys):
    assert command.examples
    for example in command.examples:
        name, *arguments = example.partition(" >")[0].split()
        if name != command.name:
            assert command.name == "check"
            arguments = [name, *arguments]
        options = cli._parser(command, bare=name != command.name).parse_args(arguments)
        assert options.debug is False
    assert main([command.name, "--help"]) == 0
    assert f"check-backprop {command.examples[0]}\n" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell, capsys, tmp_path):
    if shutil.which(shell) is None and shell != "bash":
        pytest.skip(f"there is no {shell} here to read the script")
    assert main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    assert subprocess.run([shell, "-n", script], check=False).returncode == 0
    if shell == "bash":  # the shell's own completion, asked as a person's Tab asks
        (tmp_path / "homework.yaml").touch()
        assert completed(script, "solve", "--it") == ["--iterations"]
        assert completed(script, "ba") == ["batch"]
        assert completed(script, "check", "home") == ["homework.yaml"]


def completed(script, *words):
    """What bash offers for the last word, after the function that the script registers has been called."""
    line = " ".join(["check-backprop", *words])
    ask = f"""
        source ./{script.name}
        function=_shtab_check_backprop
        COMP_WORDS=({line}) COMP_CWORD={len(words)} COMP_LINE='{line}' COMP_POINT={len(line)}
        $function check-backprop {words[-1]} {(["check-backprop", *words])[-2]}
        echo "${{COMPREPLY[@]}}"
    """
    return subprocess.run(
        ["bash", "-c", ask], cwd=script.parent, capture_output=True, text=True, check=True
    ).stdout.split()


def test_interrupted(folder, monkeypatch):
    def interrupt(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(checker, "grade", interrupt)
    assert main(["ada.yaml"]) == 130


@pytest.mark.parametrize(
    ("terminal", "environ", "flag", "coloured"),
    [
        (True, {}, [], True),
        (False, {}, [], False),
        (True, {"NO_COLOR": "1"}, [], False),
        (True, {"NO_COLOR": ""}, [], True),
        (True, {"TERM": "dumb"}, [], False),
        (True, {"NO_COLOR": "1"}, ["--color", "always"], True),
        (False, {}, ["--colour=always"], True),
        (True, {}, ["--color", "never"], False),
    ],
)
def test_colour(folder, asked, monkeypatch, terminal, environ, flag, coloured):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["ada.yaml", *flag]) == 0
    assert ("\x1b[" in stream.getvalue()) is coloured


SOLUTION = Solution("xor", "XOR", (SolvedStep("z", Kind.FORWARD, "1/3", "", "z", "1/3", 1 / 3, ()),), (), "L")


def test_solve(folder, monkeypatch, capsys):
    calls = []

    def solve(problem, **more):
        calls.append((problem, more))
        return SOLUTION

    monkeypatch.setattr(checker, "solve", solve)
    assert main(["solve", "xor", "--digits", "3", "--step", "z", "--step", "a", "--iterations", "20"]) == 0
    assert capsys.readouterr() == ("XOR\n\nForward\n  z = 1/3 = 0.333\n", "")
    assert main(["solve", "some/file.yaml", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "check-backprop/solution@1"
    assert calls == [
        (
            "xor",
            {
                "iterations": 20,
                "digits": 3,
                "steps": ("z", "a"),
                "closed_forms": (),
                "mathematics": False,
                "learning_rates": [],
            },
        ),
        (
            "some/file.yaml",
            {
                "iterations": None,
                "digits": None,
                "steps": (),
                "closed_forms": (),
                "mathematics": False,
                "learning_rates": [],
            },
        ),
    ]


def test_lint(folder, monkeypatch, capsys):
    def lint(problem):
        if "bad" in problem.name:
            raise AuthorError(Finding("unknown key 'forwards'", Place("bad.yaml", 4, 1), "did you mean 'forward'?"))
        return (Finding("a is saturated", Place("odd.yaml", 7, 6)),) if "odd" in problem.name else ()

    monkeypatch.setattr(checker, "lint", lint)
    monkeypatch.setattr(checker, "blind_spots", lambda problem: ())
    assert main(["lint", "good.yaml"]) == 0
    assert capsys.readouterr() == ("good.yaml: nothing to mend\n", "")
    assert main(["lint", "odd.yaml", "good.yaml"]) == 1
    assert capsys.readouterr() == ("odd.yaml:7:6: a is saturated\ngood.yaml: nothing to mend\n", "")
    assert main(["lint", "bad.yaml", "odd.yaml", "xor"]) == 2
    out, err = capsys.readouterr()
    assert out == f"odd.yaml:7:6: a is saturated\n{folder / 'shipped' / 'xor.yaml'}: nothing to mend\n"
    assert err == "bad.yaml:4:1: unknown key 'forwards'; did you mean 'forward'?\n"


def test_help_lists_every_command_and_option(capsys):
    assert main(["--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for command in COMMANDS.values():
        assert f"  {command.name}" in out
        assert command.summary in out
    for word in (
        "--problems",
        "--feedback {score,verdict,hint,full}",
        "--format {text,json,markdown,html}",
        "--version",
    ):
        assert word in out
    for command in COMMANDS:
        assert main([command, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"usage: check-backprop {command}")


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"check-backprop {checker.__version__}\n"


def run_python(code, **more):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=False, **more)


def test_a_reader_who_has_seen_enough_is_no_error():
    code = """if True:
        import sys
        from checker.commands.terminal import emit
        sys.stdin.read()
        emit("x" * 1_000_000)
        emit("y")
        sys.exit(1)"""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    os.close(reading)
    _, err = process.communicate(b"", timeout=60)
    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_said():
    emit = """if True:
        import sys
        from checker.commands.terminal import UsageError, emit
        try:
            emit("x")
        except UsageError as error:
            sys.exit(str(error))"""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", emit], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"the result cannot be written: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize(("closed", "status", "said"), [
    (">&-", 2, b"check-backprop: the result cannot be written: the output is closed\n"),
    ("2>&-", 0, b""),
    (">&- 2>&-", 2, b""),
])  # fmt: skip
def test_a_closed_stream_is_no_fault_of_ours(closed, status, said):
    command = f"{shlex.quote(sys.executable)} -m checker problem_sets/submissions/neuron-sigmoid.yaml {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (status, said)


def test_the_process_ends_at_once_unless_something_waits_for_its_end():
    ended = run_python("import sys; sys.argv = ['x', '--version']; from checker.__main__ import run; run()")
    assert (ended.returncode, ended.stdout[:14]) == (0, b"check-backprop")
    waits = """if True:
        import atexit, sys
        from checker.__main__ import run
        atexit.register(print, "closed properly")
        sys.argv = ["x", "--version"]
        run()"""
    assert run_python(waits).stdout.endswith(b"closed properly\n")


def test_a_console_without_our_letters_gets_the_report_all_the_same():
    done = run_python(
        "from checker.commands.terminal import emit; emit('∂L/∂w − 1')", env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stdout) == (0, rb"\u2202L/\u2202w \u2212 1")


def test_right_numbers_to_a_known_problem_need_neither_mathematics_nor_knowledge(tmp_path):
    code = """if True:
        import sys
        sys.modules["wcwidth"] = None  # tabulate takes it where it is, with hashlib; we do not bring it
        from checker.cli import main
        status = main(["problem_sets/submissions/neuron-sigmoid.yaml"])
        heavy = {"sympy", "numpy", "lark", "jsonschema", "jinja2", "difflib", "hashlib", "fractions"}
        heavy |= {"checker.model", "checker.problem", "checker.graph", "checker.knowledge", "checker.diagnose"}
        print(status, *sorted(heavy & set(sys.modules)), file=sys.stderr)"""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    run_python(code, env=environment)  # derives the problem and keeps it
    assert run_python(code, env=environment).stderr == b"0\n"


def test_the_command_imports_nothing_heavy():
    code = """if True:
        import sys
        from checker.cli import main
        main(["--version"])
        heavy = {"sympy", "numpy", "lark", "jsonschema", "tabulate", "difflib", "hashlib", "json", "fractions"}
        sys.exit(", ".join(sorted(heavy & set(sys.modules))))"""
    done = run_python(code)
    assert done.stderr.strip() == b""
    assert done.stdout.startswith(b"check-backprop ")


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "checker", "--version"], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"check-backprop {checker.__version__}\n".encode())
