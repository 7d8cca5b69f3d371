"""Where only texts of a page have changed, only these are sent."""

from __future__ import annotations

import pytest

from checker.web.app import create_app
from checker.web.texts import apart
from checker.web.workers import Here


@pytest.fixture
def calculate():
    client = create_app(Here()).test_client()
    return lambda **form: client.post("/calculate", data=form).get_json()


def test_numbers_alone_are_sent_to_a_page_that_has_the_rest(calculate):
    whole = calculate()
    assert whole["steps"].startswith("<section")
    again = calculate(**{"shown-steps": whole["shown"], "n.w1": "0.75"})
    assert again["shown"] == whole["shown"]
    assert "0.65" in again["steps"]  # z: 0.75*1 - 0.4*0.5 + 0.1
    assert again["steps"] == apart(calculate(**{"n.w1": "0.75"})["steps"])[1]
    assert not any("<" in text for text in again["steps"])


@pytest.mark.parametrize("form", [{"n.w1": "-0.8"}, {"n.w1": "1e-9"}, {"inputs": "3"}, {"loss": "squared_error"}])
def test_other_markup_is_sent_whole(calculate, form):
    first = calculate()["shown"]
    answer = calculate(**{"shown-steps": first, **form})
    assert answer["shown"] != first
    assert answer["steps"].startswith("<section")


def test_a_text_that_comes_or_goes_is_other_markup():
    assert apart("<p><b>1</b></p>")[0] != apart("<p><b></b></p>")[0]
    assert apart('<p class="a">1</p>')[0] != apart('<p class="b">1</p>')[0]
