"""What is set on the page, the problem that it stands for, and what is said where that cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import AuthorError, Finding
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem import load_problem
from checker.shipped import data_folder
from checker.web.choice import choose
from checker.web.fields import fields, fill, sort_out

SHIPPED = sorted(data_folder("problem_sets").glob("*.yaml"))


def nothing(name):
    raise AuthorError(Finding(f"there is no problem {name!r}"))


def chosen(**form):
    return choose({name.replace("__", "."): [value] for name, value in form.items()}, nothing)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", ["neuron", "network"])
def test_every_activation_makes_a_problem(kind, activation):
    choice = chosen(kind=kind, activation=activation, activation1=activation)
    assert choice.faults == {}
    assert load_problem(choice.text.encode(), "problem").trained


@pytest.mark.parametrize("name", [*LOSSES, *OPTIMIZERS])
def test_every_loss_and_optimizer_makes_a_problem(name):
    choice = chosen(**({"loss": name} if name in LOSSES else {"optimizer": name}))
    assert choice.faults == {}
    assert load_problem(choice.text.encode(), "problem").update is not None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_number_of_a_shipped_problem_is_found_where_it_stands(path):
    text = path.read_text(encoding="utf-8")
    offered = fields(text)
    problem = load_problem(text.encode(), "problem")
    for field in offered:
        changed = fill(text, offered, {field.name: "0.123"})
        assert changed.faults == {}
        again = load_problem(changed.text.encode(), "problem")
        before = {q.name: [float(v) for v in q.values] for q in problem.quantities}
        after = {q.name: [float(v) for v in q.values] for q in again.quantities}
        if field.section == "update":
            assert float(again.update.settings[field.quantity]) == pytest.approx(0.123)
            assert before == after
        else:
            moved = [(name, v) for name, b in before.items() for u, v in zip(b, after[name], strict=True) if u != v]
            assert moved in ([], [(field.quantity, 0.123)])


@given(st.lists(st.sampled_from(["x1", "x2", "w1", "b", "learning_rate"]), unique=True), st.data())
def test_filling_in_the_same_numbers_again_changes_nothing(names, data):
    text = chosen().text
    offered = fields(text)
    numbers = st.sampled_from(["1", "-0.25", "1e-3", "1/3", "123456789"])
    filled = fill(text, offered, {name: data.draw(numbers) for name in names})
    assert [field._replace(line=0, column=0) for field in fields(filled.text)] == [
        field._replace(line=0, column=0) for field in filled.fields
    ]
    assert fill(filled.text, filled.fields, {}).text == filled.text
    back = fill(filled.text, filled.fields, {field.name: field.text for field in offered})
    assert back.text == text


@pytest.mark.parametrize(
    "number", ["abc", "nan", "inf", "1e999999", "0x1F", "1,2,3", "[1]", "{a: 1}", "!!int 3", "1}", "# x"]
)
def test_what_is_no_number_never_gets_into_the_text(number):
    choice = chosen(n__w1=number)
    assert set(choice.faults) == {"n.w1"}
    assert choice.text == chosen().text


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"kind": "brain"}, {"kind": "there is no 'brain' to work out"}),
        ({"inputs": "0"}, {"inputs": "'0' is not a whole number from 1 to 8"}),
        ({"inputs": "1e9"}, {"inputs": "'1e9' is not a whole number from 1 to 8"}),
        ({"kind": "network", "layers": "9"}, {"layers": "'9' is not a whole number from 1 to 4"}),
        ({"updates": "100000"}, {"updates": "'100000' is not a whole number from 1 to 1,000"}),
        ({"activation": "tahn"}, {"activation": "there is no activation 'tahn'"}),
        ({"rates": "0.1, -1"}, {"rates": "a learning rate must be more than 0, found -1"}),
        ({"rates": "1 2 3 4 5 6 7"}, {"rates": "7 learning rates; give at most 6"}),
        ({"rates": "0/5"}, {"rates": "a learning rate must be more than 0, found 0/5"}),
        ({"kind": "problem", "problem": "../x"}, {"problem": "there is no problem '../x'"}),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_control(form, fault):
    assert chosen(**form).faults == fault


def test_an_error_in_a_number_is_told_from_the_rest():
    text = "format: check-backprop/problem@1\nid: a\ngiven: {x: 1}\nforward: {L: q*x}\n"
    offered = fields(text)
    with pytest.raises(AuthorError) as caught:
        load_problem(text.encode(), "problem")
    beside, rest = sort_out(caught.value, offered)
    assert beside == {}
    assert len(rest) == 1
    assert rest[0].startswith("line 4: ")
    assert "'q'" in rest[0]
