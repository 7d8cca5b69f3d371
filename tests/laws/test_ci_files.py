"""The files of continuous integration: valid by what others publish, and their scripts run as the services run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from classes import PROBLEM, RIGHT, submission

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def run(*command, **more):
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=100, **more
    )


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.github-workflows", "ci/github-workflow.yml"),
        ("vendor.gitlab-ci", "ci/gitlab-ci.yml"),
    ],
)
def test_the_file_is_what_its_service_publishes(schema, file):
    done = run(BIN / "check-jsonschema", "--builtin-schema", schema, ROOT / file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", ["action.yml", "ci/github-workflow.yml", "ci/gitlab-ci.yml", ".pre-commit-hooks.yaml"])
def test_the_yaml_is_clean(file):
    rules = "{extends: default, rules: {line-length: {max: 120}, document-start: disable}}"
    done = run(BIN / "yamllint", "--strict", "-d", rules, ROOT / file)
    assert done.returncode == 0, done.stdout


def test_the_hook_is_one_and_lints_problems():
    done = run(
        BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml", env={**os.environ, "HOME": "/tmp"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    done = run(
        BIN / hook["entry"].split()[0], *hook["entry"].split()[1:], ROOT / "problem_sets" / "neuron-sigmoid.yaml"
    )
    assert done.returncode in (0, 1), done.stderr


def test_the_action_puts_no_input_into_its_script():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.fixture
def course(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "problems").mkdir()
    (tmp_path / "problems" / "neuron.yaml").write_text(PROBLEM)
    for n in range(14):
        answers = RIGHT if n % 2 else {**RIGHT, "dL_dz": 0.5}
        (tmp_path / "class" / f"s{n:02}.yaml").write_text(submission(answers, f"s{n}"))
    return tmp_path


def graded_as_action(course, **inputs):
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "grade"]
    given = {name: each.get("default", "") for name, each in ACTION["inputs"].items()}
    given |= {"submissions": "class", "problems": "problems", "out": "graded"} | inputs
    environment = {name: value.replace("${{ inputs.", "").replace(" }}", "") for name, value in step["env"].items()}
    environment = {name: given[key] for name, key in environment.items()}
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        environment[name] = str(course / name)
    return run(
        "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"], cwd=course,
        env={**os.environ, **environment, "PATH": f"{BIN}:{os.environ['PATH']}"},
    )  # fmt: skip


def test_the_action_annotates_and_sums_up(course):
    done = graded_as_action(course, reports="none")
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stdout.splitlines() if line.startswith("::warning ")]
    assert len(warnings) == 7
    assert warnings[0].startswith("::warning file=")
    summary = (course / "GITHUB_STEP_SUMMARY").read_text()
    assert summary.startswith("**14 of 14 submissions graded**")
    assert (course / "GITHUB_OUTPUT").read_text() == "gradebook=graded/gradebook.csv\nstatus=0\n"
    assert (course / "graded" / "junit.xml").exists()


def test_the_action_fails_as_it_is_told(course):
    done = graded_as_action(course, **{"fail-under": "99", "arguments": "--keep\nfirst\n"})
    assert done.returncode == 1
    assert "status=1" in (course / "GITHUB_OUTPUT").read_text()


def test_nobody_injects_a_workflow_command(course):
    evil = "::error file=x::owned ##[error]owned\n::set-env name=PATH::x"
    for n in range(30):
        (course / "class" / f"::warning::e{n}.yaml").write_text(
            f"format: check-backprop/submission@1\nproblem: neuron\nstudent: {json.dumps(evil)}\nanswers: {{z: [\n"
        )
    done = graded_as_action(course, reports="none")
    commands = [line for line in (done.stdout + "\n" + done.stderr).splitlines() if line.lstrip().startswith("::")]
    assert sum(line.startswith("::error file=") for line in commands) == 10, "no more of a kind than are shown"
    assert all(line.startswith(("::error file=", "::warning file=")) for line in commands)
    assert "##[" not in done.stdout + done.stderr
    assert not any("::owned" in line or "set-env" in line for line in commands)


# ---------------------------------------------------------------- Gradescope


@pytest.fixture
def autograder(tmp_path):
    root = tmp_path / "autograder"
    for name in ("source/problems", "submission", "check-backprop/bin"):
        (root / name).mkdir(parents=True)
    (root / "source" / "problems" / "neuron.yaml").write_text(PROBLEM)
    for name in ("setup.sh", "run_autograder"):
        shutil.copy(ROOT / "ci" / "gradescope" / name, root / "source" / name)
    (root / "check-backprop" / "bin" / "check-backprop").symlink_to(BIN / "check-backprop")
    return root


def autograded(root):
    done = run("bash", root / "source" / "run_autograder", env={**os.environ, "AUTOGRADER_ROOT": str(root)}, cwd=root)
    assert done.returncode == 0, done.stderr
    return json.loads((root / "results" / "results.json").read_text())


def test_the_autograder_leaves_results(autograder):
    (autograder / "submission" / "my answers.yaml").write_text(submission(RIGHT, "ada"))
    found = autograded(autograder)
    assert (found["score"], len(found["tests"])) == (12, 12)
    assert found["output"].startswith("# One sigmoid neuron")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "format: check-backprop/submission@1\nproblem: neuron\nanswers: {z: [\n", "could not be graded"),
        ("a.txt", "words", "There is no submission among the files"),
    ],
)
def test_what_the_autograder_cannot_grade_has_no_score(autograder, name, text, said):
    (autograder / "submission" / name).write_text(text)
    found = autograded(autograder)
    assert "score" not in found
    assert said in found["output"]


def test_an_autograder_that_cannot_run_says_so(autograder):
    (autograder / "submission" / "a.yaml").write_text(submission(RIGHT, "ada"))
    shutil.rmtree(autograder / "source" / "problems")
    found = autograded(autograder)
    assert "score" not in found
    assert "exit status 2" in found["output"]


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_the_scripts_are_bash_and_can_be_started(script):
    path = ROOT / "ci" / "gradescope" / script
    assert os.access(path, os.X_OK)
    assert run("bash", "-n", path).returncode == 0
