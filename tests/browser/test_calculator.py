"""The calculator, used as people use it: what is typed, chosen and pressed, and what is read back."""

from __future__ import annotations

import csv
import re
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from checker import load_problem, solve
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS

NEURON = {  # worked by hand: x = 1, 0.5; w = 0.8, -0.4; b = 0.1; y = 1; learning rate 0.1
    "z": "0.7",
    "a": "0.668188",
    "L": "0.0550497",
    "dL_da": "−0.331812",
    "da_dz": "0.221713",
    "dL_dz": "−0.073567",
    "dL_dw1": "−0.073567",
    "dL_dw2": "−0.0367835",
    "dL_db": "−0.073567",
    "w1_new": "0.807357",
    "w2_new": "−0.396322",
    "b_new": "0.107357",
}
PAYLOAD = "<img src=x onerror=alert(1)>"


def result(page, step):
    return page.locator(f'#steps li[data-step="{step}"] .result')


def shows(page, step, value):
    expect(result(page, step)).to_have_text(re.compile(rf"^\s*[=≈]\s*{re.escape(value)}\s*$"))


def field(page, label):
    return page.locator("#form, .chart-controls").get_by_label(label, exact=True)


def settled(page):
    """Wait until what is shown is of what is set."""
    expect(page.locator(".results")).to_have_attribute("aria-busy", "false")


def options(page, label):
    return field(page, label).locator("option").evaluate_all("all => all.map(each => each.value)")


def downloaded(page, button):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value.path().read_bytes()


def test_the_worked_neuron_is_typed_in_and_read_back(open_page):
    page = open_page()
    for label, value in [("x1", "1"), ("x2", "0.5"), ("y", "1"), ("w1", "0.8"), ("w2", "-0.4"), ("b", "0.1")]:
        field(page, label).fill("0")
        field(page, label).fill(value)
    field(page, "learning rate").fill("0.1")
    field(page, "Activation").select_option("sigmoid")
    field(page, "Loss").select_option("half_squared_error")
    for step, value in NEURON.items():
        shows(page, step, value)


def test_every_change_changes_what_depends_on_it(open_page):
    page = open_page()
    shows(page, "z", "0.7")
    field(page, "x1").fill("2")
    shows(page, "z", "1.5")
    field(page, "learning rate").fill("1/2")
    shows(page, "w2_new", "−0.393198")  # w2 - (1/2)(a - y)a(1 - a)x2 with a = sigmoid(1.5)
    field(page, "Digits").select_option("12")
    shows(page, "a", "0.817574476194")
    field(page, "Inputs").fill("3")
    field(page, "w3").fill("0.5")
    field(page, "x3").fill("-3.25")
    field(page, "b").fill("0.225")
    shows(page, "z", "0")
    shows(page, "a", "0.5")
    field(page, "Inputs").fill("1")
    field(page, "w").fill("0")
    shows(page, "z", "0.225")


def test_formulas_stand_with_the_numbers_put_in(open_page):
    page = open_page()
    row = page.locator('#steps li[data-step="dL_dw2"]')
    expect(row).to_contain_text("0.5")
    assert row.locator("mfrac").count() >= 3  # dL/dw2 = dL/dz dz/dw2
    put_in = row.locator(".put-in").inner_text()
    assert re.sub(r"\s", "", put_in) == "≈(−0.073567)·0.5"


def test_whatever_was_there_before_what_stands_is_what_a_fresh_page_has(open_page):
    page = open_page("/?kind=network&units1=3")
    settled(page)
    row = page.locator("#steps li").first.element_handle()
    for value in ("0.3", "0.25", "-0.3", "1e-9", "2", "0", "12345678", "abc", "0.5"):
        page.locator('[name="n.W1[1,1]"]').fill(value)
        expect(page).to_have_url(re.compile(rf"={value}$"))
        settled(page)
        if value != "abc":
            fresh = open_page(page.url)
            settled(fresh)
            assert page.locator("#steps").inner_html() == fresh.locator("#steps").inner_html(), value
    assert row.evaluate("row => row.isConnected")  # a change of numbers sets no row anew
    field(page, "Units of layer 1").fill("4")
    expect(page).to_have_url(re.compile("units1=4"))
    settled(page)
    fresh = open_page(page.url)
    settled(fresh)
    assert page.locator("#steps").inner_html() == fresh.locator("#steps").inner_html()


def test_an_exact_value_stays_open_and_follows_what_is_typed(open_page):
    page = open_page()
    page.get_by_role("button", name="exact value of z", exact=True).click()
    exact = page.locator("#exact-z")
    expect(exact).to_contain_text("0.7")
    field(page, "w1").fill("0.9")
    expect(exact).to_contain_text("0.8")
    expect(page.get_by_role("button", name="exact value of z", exact=True)).to_have_attribute("aria-expanded", "true")


def test_every_entry_of_the_tables_can_be_chosen(open_page):
    page = open_page()
    assert options(page, "Activation") == list(ACTIVATIONS)
    assert options(page, "Loss") == list(LOSSES)
    assert options(page, "Update") == list(OPTIMIZERS)
    for name in ACTIVATIONS:
        field(page, "Activation").select_option(name)
        settled(page)
        assert page.locator(".fault:visible, #said:visible").count() == 0 or name == "softmax", name
        if name != "softmax":
            expect(result(page, "w1_new")).to_be_visible()
    field(page, "Activation").select_option("leaky_relu")
    field(page, "slope").fill("0.25")
    field(page, "b").fill("-1.6")
    shows(page, "a", "−0.25")
    field(page, "Activation").select_option("sigmoid")
    for name in LOSSES:
        field(page, "Loss").select_option(name)
        settled(page)
        assert page.locator(".fault:visible, #said:visible").count() == 0, name
    field(page, "Loss").select_option("huber")
    field(page, "delta").fill("0.1")
    settled(page)
    for name in OPTIMIZERS:
        field(page, "Update").select_option(name)
        settled(page)
        assert page.locator(".fault:visible, #said:visible").count() == 0, name
        expect(result(page, "w1_new")).to_be_visible()
    field(page, "Update").select_option("adam")
    field(page, "beta1").fill("0.5")
    settled(page)
    expect(page.locator('#steps li[data-step="mhat_w1"]')).to_be_visible()


def test_a_network_of_any_layers(open_page, tmp_path):
    page = open_page()
    field(page, "Work out").select_option("network")
    field(page, "Layers").fill("3")
    field(page, "Units of layer 2").fill("3")
    field(page, "Activation of layer 1").select_option("relu")
    field(page, "Activation of layer 3").select_option("tanh")
    field(page, "W1, row 2, column 1").fill("0.125")
    settled(page)
    expect(result(page, "W3_new")).to_be_visible()
    file = tmp_path / "network.yaml"
    file.write_bytes(downloaded(page, "Problem (YAML)"))
    shapes = {quantity.name: quantity.shape for quantity in load_problem(file).quantities}
    assert (shapes["W1"], shapes["W2"], shapes["W3"]) == ((2, 2), (3, 2), (1, 3))
    steps = {step.step: step.value for step in solve(file).steps}
    shows(page, "L", f"{steps['L']:.6g}".replace("-", "−"))


def test_a_number_that_is_none_is_told_beside_its_field(open_page):
    page = open_page()
    shows(page, "z", "0.7")
    for text, message in [
        ("abc", "expected a number"),
        ("1e999999", ""),
        ("nan", ""),
        ("", "a number is missing"),
        (PAYLOAD, ""),
    ]:
        field(page, "w1").fill(text)
        fault = page.locator("#fault-n-2ew1")
        expect(fault).to_be_visible()
        expect(fault).to_contain_text(message)
        expect(field(page, "w1")).to_have_attribute("aria-invalid", "true")
        assert page.locator(".fault:visible").count() == 1
        expect(page.locator("#state")).to_contain_text("Mend what is marked")
        shows(page, "z", "0.7")  # the last that could be worked out
    field(page, "w1").fill("1")
    expect(page.locator("#fault-n-2ew1")).to_be_hidden()
    shows(page, "z", "0.9")


def test_the_exact_value_comes_on_demand_and_goes_again(open_page):
    page = open_page()
    button = page.get_by_role("button", name="exact value of a", exact=True)
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    place = page.locator("#exact-a")
    expect(place).to_contain_text("0.668187772168166")
    assert place.locator("math").count() == 1
    field(page, "b").fill("-0.6")
    expect(place).to_contain_text("0.5")  # what is open stays open, and is of the new numbers
    button.click()
    expect(place).to_be_hidden()


def test_the_chart_compares_learning_rates_and_activations(open_page, tmp_path):
    page = open_page()
    rows = page.locator(".curves tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("it falls at every update and has not settled yet")
    field(page, "Compare learning rates").fill("0.5, 5")
    page.get_by_text("Compare activations").click()
    page.get_by_role("checkbox", name="relu", exact=True).check()
    expect(rows).to_have_count(4)
    field(page, "Updates").fill("20")
    expect(page.locator(".curves thead")).to_contain_text("after 20 updates")
    assert page.locator("#chart canvas").count() == 1
    page.get_by_text("The losses as a table").click()
    losses = page.locator(".values table")
    expect(losses).to_be_visible()
    lines = list(csv.reader(downloaded(page, "Losses (CSV)").decode().splitlines()))
    assert lines[0] == ["updates", "as set, learning rate 0.1", "learning rate 0.5", "learning rate 5", "relu"]
    assert len(lines) == 22
    assert f"{float(lines[21][1]):.6g}" in losses.locator("tbody tr").last.inner_text()
    assert downloaded(page, "Chart (PNG)").startswith(b"\x89PNG")
    chart = ET.fromstring(downloaded(page, "Chart (SVG)"))
    assert [label for label in lines[0][1:] if label not in "".join(chart.itertext())] == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("activation=relu&updates=500", "it has converged"),
        ("activation=tanh&n.y=0.3&n.learning_rate=2", "it oscillates, up and down from update to update"),
        ("activation=linear&n.learning_rate=1.6", "it diverges. The learning rate 1.6 is the likely cause"),
        ("activation=relu&n.b=-3", "it stands still"),
        ("activation=relu&n.b=-3", "a is dead: at z = -2.4 the slope of relu is 0."),
        ("n.b=-40", "a is saturated: at z = -39.4 the slope of sigmoid is 8e-18."),
        (
            "kind=network&activation1=relu&n.b1[1]=-9",
            "1 of 2 units of a1 is dead: at z1 = -8.4 the slope of relu is 0.",
        ),
    ],
)
def test_a_sentence_says_what_the_loss_does(open_page, query, says):
    page = open_page(f"/?{query}")
    expect(page.locator(".curves tbody tr").first).to_contain_text(says)


def test_the_chart_is_read_with_mouse_and_keys(open_page):
    page = open_page("/?updates=10")
    expect(page.locator(".curves tbody tr")).to_have_count(1)
    chart, readout = page.locator("#chart"), page.locator("#readout")
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("After 0 updates: L = 0.0550497")
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("After 1 update: L = ")
    page.keyboard.press("End")
    expect(readout).to_contain_text("After 10 updates")
    box = chart.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    expect(readout).to_contain_text("After 5 updates")
    page.get_by_role("checkbox", name="Logarithmic scale").check()
    expect(page).to_have_url(re.compile("log=1"))
    expect(readout).to_be_empty()


def test_what_is_set_stands_in_the_address(open_page):
    page = open_page()
    field(page, "w1").fill("0.3")
    field(page, "Activation").select_option("tanh")
    field(page, "Compare learning rates").fill("0.5")
    settled(page)
    expect(page).to_have_url(re.compile(r"rates=0\.5"))
    value = result(page, "L").text_content()
    again = open_page(page.url)
    expect(field(again, "w1")).to_have_value("0.3")
    expect(result(again, "L")).to_have_text(value)
    expect(again.locator(".curves tbody tr")).to_have_count(2)


def test_the_link_is_copied(open_page):
    page = open_page("/?n.w1=0.3", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#shared")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_every_shipped_problem_can_be_worked(open_page):
    page = open_page("/?kind=problem")
    names = options(page, "Problem")
    assert "neuron-sigmoid" in names
    for name in names:
        field(page, "Problem").select_option(name)
        settled(page)
        assert page.locator(".fault:visible, #said:visible").count() == 0, name
        assert page.locator("#steps li").count() >= 3, name


def test_a_file_is_opened_changed_and_shared(open_page, tmp_path):
    page = open_page("/?kind=file")
    expect(page.locator("#said")).to_contain_text("Open a problem file, or type one.")
    file = tmp_path / "mine.yaml"
    file.write_text(
        "format: check-backprop/problem@1\nid: mine\n"
        f'title: "{PAYLOAD}"\n'
        "given: {x: 3}\nparameters: {w: 2}\nforward: {L: (w*x)^2}\n"
        "update: {optimizer: sgd, learning_rate: 0.1}\n"
    )
    field(page, "Open a problem file").set_input_files(file)
    shows(page, "L", "36")
    expect(page.locator("#h-title")).to_have_text(PAYLOAD)
    field(page, "w").fill("-1")
    shows(page, "L", "9")
    field(page, "Problem file").fill(file.read_text().replace("x: 3", "x: 5"))
    shows(page, "L", "25")  # what was changed in a field stays changed
    expect(field(page, "x")).to_have_value("5")
    field(page, "x").fill("3")
    shows(page, "L", "9")
    expect(page).to_have_url(re.compile("#text="))
    again = open_page(page.url)
    shows(again, "L", "9")
    field(again, "Problem file").fill("format: check-backprop/problem@1\nid: bad id\nforward: {L: w*x}\n")
    expect(again.locator("#said li")).to_have_count(3)
    settled(again)
    file.write_bytes(b"#" * 1_100_000)
    field(again, "Open a problem file").set_input_files(file)
    expect(again.locator("#fault-text")).to_have_text("mine.yaml has more than 1 MiB")


def test_everything_downloads(open_page, tmp_path):
    page = open_page("/?n.w1=0.3")
    shows(page, "z", "0.2")
    file = tmp_path / "mine.yaml"
    file.write_bytes(downloaded(page, "Problem (YAML)"))
    assert {step.step: step.value for step in solve(file).steps}["z"] == pytest.approx(0.2)
    lines = list(csv.DictReader(downloaded(page, "Steps (CSV)").decode().splitlines()))
    assert {line["step"]: float(line["value"]) for line in lines}["z"] == pytest.approx(0.2)
    assert ET.fromstring(downloaded(page, "Graph (SVG)")).tag.endswith("svg")


def test_the_keyboard_alone_suffices(open_page):
    page = open_page()
    shows(page, "z", "0.7")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        if name in reached or not name:
            break
        reached.append(name)
        if name == "c-n-2ew1":
            page.keyboard.press("Control+A")
            page.keyboard.type("0.3")
        if name == "c-activation":
            page.keyboard.type("tanh")
    for name in ("c-kind", "c-inputs", "c-loss", "c-optimizer", "share", "c-updates", "c-rates", "c-log", "chart"):
        assert name in reached
    assert "exact value of z" in reached
    shows(page, "z", "0.2")
    shows(page, "a", "0.197375")


def test_nothing_bars_anybody(open_page, no_barriers):
    for scheme in ("light", "dark"):
        page = open_page("/?rates=0.5,5&compare=relu", color_scheme=scheme)
        expect(page.locator(".curves tbody tr")).to_have_count(4)
        page.get_by_role("button", name="exact value of a", exact=True).click()
        field(page, "w2").fill("abc")
        expect(page.locator("#fault-n-2ew2")).to_be_visible()
        no_barriers(page)
        field(page, "Work out").select_option("network")
        settled(page)
        no_barriers(page)


def test_on_a_phone_nothing_is_cut_off(open_page):
    page = open_page("/?kind=network&units1=4", viewport={"width": 360, "height": 740})
    expect(result(page, "W2_new")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_script_a_button_works_it_out(open_page):
    page = open_page("/", java_script_enabled=False)
    page.locator("#c-n-2ew1").fill("0.3")
    page.get_by_role("button", name="Work it out").click()
    shows(page, "z", "0.2")
