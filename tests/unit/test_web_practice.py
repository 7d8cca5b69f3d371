"""The forms of practice as files and back, and what the addresses of practice say to anything that is sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import generate, grade, load_problem
from checker.find import known_ids
from checker.reports.levels import Level
from checker.reports.plain import flat
from checker.shipped import data_folder
from checker.submission import load_submission
from checker.web import answers, exercise, practice, questions
from checker.web.app import create_app
from checker.web.catalogue import folders, text_of
from checker.web.verdicts import judge
from checker.web.workers import Here

PLACES = folders(None)
SHIPPED = sorted(known_ids(PLACES[-1:]))
TEMPLATES = sorted(known_ids([data_folder("problem_sets") / "templates"]))
NETWORK = text_of("mazur-2-2-2-network", PLACES)
PROGRAM = practice.ready(NETWORK).program
ARRAYS = {n: answers.shape_of(item, PROGRAM) for n, item in enumerate(PROGRAM.ask)}


@pytest.fixture(scope="module")
def client():
    return create_app(Here(), {"localhost"}).test_client()


def verdicts(form, text=NETWORK):
    graded, _ = practice.ready(text).grade(form)
    return [(step.step, step.verdict, step.submitted) for step in graded.steps], graded.awarded


def as_form(opened):
    return {name: value if isinstance(value, list) else [value] for name, value in opened.fields.items()}


odd = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="[]{},:#&*!|>'\"%@`-?~ \n\t\\0123.ab", max_size=20),
    st.sampled_from(
        ["0.3775", "[1, 2]", "[[1, 2], [3, 4]]", "a1*(1 - a1)", "0,5", "null", "true", "- x", "{value: 1}"]
    ),
)


@st.composite
def forms(draw):
    form = {}
    for n, shape in ARRAYS.items():
        if shape and draw(st.booleans()):
            form[f"c.{n}"] = [draw(odd) for _ in range(shape[0] * (shape[1] if len(shape) > 1 else 1))]
        elif draw(st.booleans()):
            form[f"v.{n}"] = [draw(odd)]
    form["student"] = [draw(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30))]
    form["more"] = [draw(odd)]
    return form


@given(forms())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_typed_stays_an_answer(form):
    composed = answers.compose(form, PROGRAM)
    read = load_submission(composed.text.encode(), "x")
    assert read.problem == "mazur-2-2-2-network"
    assert [answer.name for answer in read.answers][: len(PROGRAM.ask)] == [item.label for item in PROGRAM.ask]
    opened = answers.opened(composed.text, PROGRAM)
    again = {**as_form(opened), "student": [opened.student]}
    assert answers.opened(answers.compose(again, PROGRAM).text, PROGRAM) == opened
    assert verdicts(again) == verdicts({**form, "student": [opened.student]})


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_submission_is_the_same_once_it_was_opened(name, tmp_path):
    file = data_folder("problem_sets") / "submissions" / f"{name}.yaml"
    text = text_of(name, PLACES)
    opened = answers.opened(file.read_text(), practice.ready(text).program)
    copy = tmp_path / "copy.yaml"
    copy.write_text(
        answers.compose({**as_form(opened), "student": [opened.student]}, practice.ready(text).program).text
    )
    ours, theirs = grade(copy), grade(file)
    assert [(s.step, s.verdict, s.submitted) for s in ours.steps] == [
        (s.step, s.verdict, s.submitted) for s in theirs.steps
    ]
    assert ours.student == theirs.student


def test_answers_under_other_names_and_of_single_elements_find_their_fields():
    text = text_of("neuron-sigmoid", PLACES)
    sheet = (
        "format: check-backprop/submission@1\nproblem: neuron-sigmoid\n"
        "answers: {dL/da: 1, delta: 2, '∂L/∂w1': 3, 'nobody': 4, dL_dz: 5, z: '', a: ~}\n"
    )
    program = practice.ready(text).program
    labels = {item.label: n for n, item in enumerate(program.ask)}
    found = answers.opened(sheet, program).fields
    assert found[f"v.{labels['dL_da']}"] == "1"
    assert found[f"v.{labels['dL_dz']}"] == "2"
    assert found[f"v.{labels['dL_dw1']}"] == "3"
    assert found[f"v.{labels['z']}"] == ""
    assert found["more"] == "nobody: 4\ndL_dz: 5"  # a step that is answered twice stays so
    element = "format: check-backprop/submission@1\nproblem: mazur-2-2-2-network\nanswers: {'a1[2]': 7, 'W2_new': 3}\n"
    found = answers.opened(element, PROGRAM).fields
    labels = {item.label: n for n, item in enumerate(PROGRAM.ask)}
    assert found == {f"c.{labels['a1']}": ["", "7"], f"v.{labels['W2_new']}": "3"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_variant_is_the_one_that_generate_makes(name, tmp_path):
    file = data_folder("problem_sets") / "templates" / f"{name}.yaml"
    text = exercise.variant(file.read_text(), name, "k7")
    (generated,) = generate(file, ["k7"], seed="practice")
    there = tmp_path / "there.yaml"
    there.write_text(generated.text)
    made = load_problem(there)
    here = tmp_path / "here.yaml"
    here.write_text(text)
    ours = load_problem(here)
    assert ours.id == made.id == f"{name}-k7"
    assert [(q.name, q.values) for q in ours.quantities] == [(q.name, q.values) for q in made.quantities]
    assert exercise.of_variant(ours.id, TEMPLATES) == (name, "k7")


def test_a_template_file_is_practised_as_the_listed_one_is(client):
    text = (data_folder("problem_sets") / "templates" / "network-2-2-1.yaml").read_text()
    listed = client.post("/practice/sheet", data={"kind": "template", "template": "network-2-2-1", "seed": "k7"})
    opened = client.post("/practice/sheet", data={"kind": "file", "text": text, "seed": "k7"})
    assert opened.json == listed.json
    assert opened.json["seeded"] is True
    problem = client.post("/practice/sheet", data={"kind": "file", "text": NETWORK, "seed": "<not asked for>"})
    assert problem.json["faults"] == {}
    assert problem.json["seeded"] is False


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("id: network-2-2-1\n", ""), "line 3: the key 'id' is missing; add `id:`"),
        (("abs(v1) != abs(v2)", "abs(v1) > 7"), "no"),
    ],
)
def test_a_template_that_gives_nothing_says_why(client, change, told):
    text = (data_folder("problem_sets") / "templates" / "network-2-2-1.yaml").read_text()
    answer = client.post("/practice/sheet", data={"kind": "file", "text": text.replace(*change), "seed": "k7"}).json
    assert "key" not in answer
    assert told in answer["said"][0]


def test_the_calculator_sends_a_template_to_practice(client):
    answer = client.post("/calculate", data={"kind": "file", "text": "vary: {x: {uniform: [0, 1]}}\n"}).json
    assert "Practise it under Practice" in answer["said"][0]


@pytest.mark.parametrize("name", SHIPPED)
def test_no_answer_of_the_server_holds_a_value_that_was_not_asked_for(name):
    """The numbers of right answers are nowhere in what is sent while somebody answers wrongly."""
    text = text_of(name, PLACES)
    problem = practice.ready(text)
    wrong = {f"v.{n}": ["0.123456789"] for n in range(len(problem.program.ask))}
    for level in exercise.LEVELS:
        sent = json.dumps(judge(text, wrong, level)) + json.dumps(judge(text, {}, level))
        sent += json.dumps(questions.sheet(text))
        graded, _ = problem.grade({})
        given = {f"{abs(float(value)):.6g}" for quantity in problem.problem.quantities for value in quantity.values}
        for step in graded.steps:
            for value in map(float, flat(step.reference)):
                digits = f"{abs(value):.6g}"
                if len(digits) >= 7 and digits not in given:
                    assert digits[:7] not in sent, (step.step, digits)


ODD_FORMS = [
    {},
    {"kind": "problem", "problem": "../../etc/passwd"},
    {"kind": "problem", "problem": "nobody"},
    {"kind": "nonsense"},
    {"kind": "template", "template": "nobody", "seed": "1"},
    {"kind": "template", "seed": "<script>"},
    {"kind": "template", "template": "neuron-sigmoid", "seed": "1"},
    {"kind": "file", "text": ""},
    {"kind": "file", "text": "\x00"},
    {"kind": "file", "text": "[" * 20_000},
    {"kind": "file", "text": "a: &a [*a, *a]"},
    {"kind": "file", "text": "format: check-backprop/problem@1\nid: x\nforward: {L: w*w}\nparameters: {w: 1e400}\n"},
    {"kind": "file", "text": "format: check-backprop/problem@1\nid: x\nforward: {L: ln(w)}\nparameters: {w: -1}\n"},
    {"kind": "problem", "problem": "network-2-2-1"},
    {"feedback": "full", "v.0": "7"},
    {"v.0": "9" * 100_000},
    {"v.0": "[" * 10_000},
    {"c.0": "1"},
    {"c.999": "1", "v.-1": "2", "v.x": "3", "f.0": "a b c"},
    {"v.0": "10^10^10^10"},
    {"student": "\x07" * 300},
    {"more": "x: [[[[[[[[[[1]]]]]]]]]]"},
    {"more": "{{{{"},
    {"shown": "x"},
    {"step": "99999"},
    {"step": "-1"},
    {"submission": "format: check-backprop/submission@1\nproblem: network-2-2-1-zz\nanswers: {z1: 1}\n"},
    {"submission": "\x00\x01"},
    {"submission": "- - - -"},
]


@pytest.mark.parametrize("path", ["sheet", "judge", "value", "open"])
@pytest.mark.parametrize("form", ODD_FORMS, ids=map(str, range(len(ODD_FORMS))))
def test_anything_may_be_sent(client, path, form):
    answer = client.post(f"/practice/{path}", data={"step": "0", **form}, base_url="http://localhost")
    assert answer.status_code == 200
    assert isinstance(answer.json, dict)
    assert "Traceback" not in answer.text
    assert "Infinity" not in answer.text
    assert "NaN" not in answer.text


@pytest.mark.parametrize("name", ["submission.yaml", "problem.yaml", "report.html"])
@pytest.mark.parametrize("form", ODD_FORMS, ids=map(str, range(len(ODD_FORMS))))
def test_a_file_is_made_or_there_is_none(client, name, form):
    answer = client.post(f"/practice/{name}", data=form, base_url="http://localhost")
    assert answer.status_code in (200, 404)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("form", ODD_FORMS, ids=map(str, range(len(ODD_FORMS))))
def test_the_page_opens_whatever_its_address_says(client, form):
    short = {name: value[:500] for name, value in form.items()}
    answer = client.get("/practice", query_string=short, base_url="http://localhost")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_report_shows_no_more_than_the_feedback_that_was_chosen(client):
    form = {"v.5": "-0.3318", "feedback": "full"}  # there is no such choice here
    report = client.post("/practice/report.html", data=form, base_url="http://localhost").text
    assert "act_deriv_missing" in report
    assert "-0.0735" not in report
    assert (
        client.post(
            "/practice/report.html", data={**form, "feedback": "verdict"}, base_url="http://localhost"
        ).text.count("act_deriv_missing")
        == 0
    )


def test_more_numbers_than_fit_are_told():
    text = (
        "format: check-backprop/problem@1\nid: big\n"
        f"parameters: {{w: [{', '.join(['1'] * 700)}]}}\nforward: {{L: sum(w*w)}}\nask: [dL_dw]\n"
    )
    assert questions.sheet(text)["said"] == [
        "This problem asks for 700 numbers, more than fit on a page: answer it in a file."
    ]


def test_levels_are_redacted_before_anything_is_drawn():
    text = text_of("neuron-sigmoid", PLACES)
    told = json.dumps(judge(text, {"v.5": ["-0.3318"]}, Level.VERDICT))
    assert "chain" not in told
    assert "act_deriv" not in told
