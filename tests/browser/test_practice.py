"""Practice, used as a student uses it: answers typed, verdicts read, files saved and opened, values asked for."""

from __future__ import annotations

import json
import math
import re

import pytest
import yaml
from playwright.sync_api import expect

from checker import grade, load_problem
from checker.find import known_ids
from checker.shipped import data_folder

PAYLOAD = "<img src=x onerror=alert(1)>"
NEURON = ["0.7", "0.6682", "0.0550", "-0.3318", "a*(1 - a)", "-0.0736", "-7.36e-2", "-0.0368", "-0.0736"]
UPDATED = ["0.8074", "-0.3963", "0.1074"]


def ask(page, label):
    return page.locator(f'.ask[data-label="{label}"]')


def answer(page, label):
    return page.locator("#fields").get_by_label(label, exact=True)


def verdict(page, label, word):
    expect(ask(page, label).locator(".ask-badge")).to_contain_text(word)


def laid(page, title):
    expect(page.locator("#h-title")).to_have_text(title)


def standing(page):
    return page.locator("#standing")


def box(page, label):
    return page.locator("#picture g.step").filter(
        has=page.locator("title", has_text=re.compile(f"^{re.escape(label)}:"))
    )


def control(page, label):
    return page.locator("#form").get_by_label(label, exact=True)


def downloaded(page, button):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value


def test_a_right_sheet_earns_all_points(open_page):
    page = open_page("/practice")
    laid(page, "One sigmoid neuron, one gradient step")
    expect(standing(page)).to_contain_text("Nothing is answered yet")
    for n, text in enumerate(NEURON + UPDATED):
        page.locator(f"#v-{n}").press_sequentially(text)
        expect(page.locator(f"#badge-{n}")).to_have_text(re.compile("✓\\s*correct"))
    expect(standing(page)).to_contain_text("12 of 12 points")
    expect(standing(page)).to_contain_text("Every step is right.")
    assert page.locator("#picture g.step.correct").count() == 12
    assert page.locator("progress").evaluate("each => each.value") == 12


def test_a_mistake_is_named_and_what_follows_keeps_its_points(open_page):
    page = open_page("/practice")
    answer(page, "dL_dz").fill("-0.3318")
    answer(page, "dL_dw1").fill("-0.3318")
    verdict(page, "dL_dz", "misconception")
    verdict(page, "dL_dw1", "follow-through")
    expect(ask(page, "dL_dz")).to_contain_text("one more link in the chain")
    expect(ask(page, "dL_dw1")).to_contain_text("follows from your own dL_dz")
    expect(standing(page)).to_contain_text("1.5 of 12 points")
    expect(standing(page)).to_contain_text("1 later answer follows from it, and keeps its points")
    expect(box(page, "dL_dz")).to_have_class(re.compile("misconception first"))
    expect(box(page, "dL_dz").locator(".mark")).to_have_text("!")
    expect(box(page, "dL_dw1")).to_have_class(re.compile("follow_through"))
    assert page.locator("#picture .edge.follows").count() == 1
    standing(page).get_by_role("link").click()
    expect(answer(page, "dL_dz")).to_be_focused()
    answer(page, "dL_dz").fill("-0.0736")
    verdict(page, "dL_dz", "correct")
    verdict(page, "dL_dw1", "slip")  # what followed from a mistake is one when that is mended


def test_no_value_is_told_before_it_is_asked_for(open_page):
    page = open_page("/practice")
    seen = []
    page.on("response", lambda response: seen.append(response.text()) if "/practice/" in response.url else None)
    laid(page, "One sigmoid neuron, one gradient step")
    answer(page, "dL_dz").fill("-0.3318")
    answer(page, "z").fill("5")
    verdict(page, "dL_dz", "misconception")
    verdict(page, "z", "wrong")
    told = "".join(seen)
    assert "misconception" in told
    for value in ("0.668187", "0.0550", "0.0735", "0.2217", "0.807", "0.6682", "−0.07"):
        assert value not in told, value
        assert value not in page.content(), value
    row = ask(page, "dL_dz")
    row.get_by_role("button", name="Show the value").click()
    expect(row.locator(".ask-value")).to_contain_text("−0.07356704")
    expect(row).to_contain_text("its value was shown")
    expect(standing(page)).to_contain_text("You had 1 value shown.")
    row.get_by_role("button", name="Hide the value").click()
    expect(row.locator(".ask-value")).to_be_hidden()
    expect(row).to_contain_text("its value was shown")
    expect(ask(page, "z")).not_to_contain_text("its value was shown")


def test_a_shown_value_tells_what_follows_from_ones_own_answers(open_page):
    page = open_page("/practice")
    answer(page, "z").fill("5.55")
    verdict(page, "z", "wrong")
    ask(page, "a").get_by_role("button", name="Show the value").click()
    place = ask(page, "a").locator(".ask-value")
    expect(place).to_contain_text("0.6681877722")
    expect(place).to_contain_text(f"From your own earlier answers: {1 / (1 + math.exp(-5.55)):.10g}")
    answer(page, "z").fill("0.70")  # what comes of rounding is no mistake to follow
    verdict(page, "z", "correct")
    ask(page, "a").get_by_role("button", name="Hide the value").click()
    ask(page, "a").get_by_role("button", name="Show the value").click()
    expect(place).not_to_contain_text("From your own")


def test_verdicts_alone_name_no_cause(open_page):
    page = open_page("/practice")
    control(page, "Feedback").select_option("verdict")
    answer(page, "dL_dz").fill("-0.3318")
    verdict(page, "dL_dz", "misconception")
    expect(ask(page, "dL_dz")).to_contain_text("Not right.")
    expect(ask(page, "dL_dz")).not_to_contain_text("chain")
    expect(page).to_have_url(re.compile("feedback=verdict"))


def test_what_cannot_be_read_is_told_beside_its_field(open_page):
    page = open_page("/practice")
    for text, message in [
        ("-0.4l66", "a letter stands among the digits"),
        ("1.2.3", "more than one decimal point"),
        ("nan", "not a number"),
        ("1e999999", "cannot be used"),
        ("b +", "+"),
        ("[1, 2", "the list has no end yet"),
        ("{value: 1", ""),
        (": - ? & * ! | > % @ `", ""),
        (PAYLOAD, ""),
        ('"', ""),
    ]:
        answer(page, "z").fill(text)
        verdict(page, "z", "unreadable")
        expect(ask(page, "z").locator(".ask-remark")).to_contain_text(message)
        expect(answer(page, "z")).to_have_attribute("aria-invalid", "true")
    answer(page, "z").fill("0,7")
    verdict(page, "z", "correct")
    expect(answer(page, "z")).not_to_have_attribute("aria-invalid", "true")


def test_arrays_are_answered_in_cells_or_as_a_list(open_page):
    page = open_page("/practice?problem=mazur-2-2-2-network")
    row = ask(page, "W2_new")
    right = ["0.358916480", "0.408666186", "0.511301270", "0.561370121"]
    for at, text in zip(("1,1", "1,2", "2,1", "2,2"), right, strict=True):
        answer(page, f"W2_new[{at}]").fill(text)
    verdict(page, "W2_new", "correct")
    answer(page, "W2_new[2,1]").fill("0.6")
    expect(row.locator(".cell.wrong")).to_have_count(1)
    expect(row.locator(".cell.correct")).to_have_count(3)
    expect(row.locator(".cell.wrong .cell-mark")).to_have_text("×")
    expect(row).to_contain_text("3 of 4 elements are right")
    row.get_by_role("button", name="as a list").click()
    field = answer(page, "W2_new as a list")
    expect(field).to_be_focused()
    expect(field).to_have_value("[[0.358916480, 0.408666186], [0.6, 0.561370121]]")
    verdict(page, "W2_new", "wrong")
    field.fill(f"[[{right[0]}, {right[1]}], [{right[2]}, {right[3]}]]")
    verdict(page, "W2_new", "correct")
    field.fill("[[1, 2, 3]]")
    verdict(page, "W2_new", "unreadable")
    field.fill("W2 - 0.5*dL_dW2")
    verdict(page, "W2_new", "correct")
    field.fill(f"[[{right[0]}, null], [{right[2]}, '{right[3]}']]")
    row.get_by_role("button", name="as a list").click()
    expect(answer(page, "W2_new[1,2]")).to_have_value("")
    expect(answer(page, "W2_new[2,2]")).to_have_value(right[3])
    answer(page, "a1[1]").fill("[0.593269992, 0.596884378]")  # a list is spread over the cells
    expect(answer(page, "a1[2]")).to_have_value("0.596884378")
    verdict(page, "a1", "correct")


def test_fresh_numbers_are_shared_by_their_seed(open_page):
    page = open_page("/practice")
    control(page, "Practise").select_option("template")
    control(page, "Template").select_option("network-2-2-1")
    laid(page, "A 2-2-1 network, one gradient step")
    page.get_by_role("button", name="Fresh numbers").click()
    expect(page).to_have_url(re.compile(r"kind=template&template=network-2-2-1&seed=[a-z0-9]{6}$"))
    expect(page.locator("#state")).to_be_empty()
    given = page.locator("#statement").inner_text()
    again = open_page(page.url)
    laid(again, "A 2-2-1 network, one gradient step")
    assert again.locator("#statement").inner_text() == given
    page.get_by_role("button", name="Fresh numbers").click()
    expect(page.locator("#statement")).not_to_have_text(given)
    control(page, "Seed").fill("not a seed!")
    expect(page.locator("#fault-seed")).to_contain_text("a seed is up to 20 letters")
    expect(control(page, "Seed")).to_have_attribute("aria-invalid", "true")
    control(page, "Seed").fill("k7")
    expect(page.locator("#fault-seed")).to_be_hidden()
    expect(page.locator("#fields .ask")).to_have_count(25)


def test_every_template_and_problem_can_be_practised(open_page):
    page = open_page("/practice")
    for kind, label, folder in (
        ("problem", "Problem", data_folder("problem_sets")),
        ("template", "Template", data_folder("problem_sets") / "templates"),
    ):
        control(page, "Practise").select_option(kind)
        offered = control(page, label).locator("option").evaluate_all("all => all.map(each => each.value)")
        assert set(known_ids([folder])) <= set(offered)
        for name in offered:
            with page.expect_response("**/practice/judge"):
                control(page, label).select_option(name) if control(
                    page, label
                ).input_value() != name else page.reload()
            expect(page.locator("#state")).to_be_empty()
            assert page.locator("#fields .ask").count() >= 3, name
            assert page.locator(".fault:visible, #said:visible").count() == 0, name


def test_the_work_is_saved_graded_by_the_command_and_opened_again(open_page, tmp_path):
    page = open_page("/practice?kind=template&template=softmax-3-4-2&seed=k7")
    fields = page.locator("#fields input:enabled")
    expect(fields.first).to_be_visible()
    fields.nth(0).fill("0,5")
    fields.nth(1).fill(f'a "quoted": {PAYLOAD} # no comment')
    fields.nth(2).fill("-1/3")
    fields.nth(6).fill("ünï☃")
    control(page, "Your name or number (optional)").fill("no: ü")
    page.get_by_text("Steps that are not asked").click()
    control(page, "Further answers, one a line").fill("dL_dx: [0.1, 0.2, 0.3]")
    expect(standing(page)).not_to_contain_text("Nothing is answered")
    page.wait_for_timeout(700)
    problem, sheet = downloaded(page, "Problem (YAML)"), downloaded(page, "Answers (YAML)")
    assert (problem.suggested_filename, sheet.suggested_filename) == (
        "softmax-3-4-2-k7.yaml",
        "softmax-3-4-2-k7-answers.yaml",
    )
    problem.save_as(tmp_path / problem.suggested_filename)
    sheet.save_as(tmp_path / sheet.suggested_filename)
    graded = grade(tmp_path / sheet.suggested_filename)
    assert graded.student == "no: ü"
    expect(standing(page)).to_contain_text(f"{graded.awarded:g} of {graded.possible:g} points")
    shown = page.locator(".ask").evaluate_all("all => all.map(each => each.dataset.verdict || 'missing')")
    assert shown == [step.verdict.value for step in graded.steps]
    before = fields.evaluate_all("all => all.map(each => each.value)")
    page.get_by_role("button", name="Clear all answers").click()
    expect(standing(page)).to_contain_text("Nothing is answered yet")
    other = open_page("/practice?problem=neuron-relu")  # it is opened from anywhere: its id says which variant it is of
    laid(other, "One ReLU neuron, one gradient step")
    other.set_input_files("#a-open", tmp_path / sheet.suggested_filename)
    expect(other).to_have_url(re.compile("template=softmax-3-4-2&seed=k7"))
    expect(other.locator("#fields input:enabled").first).to_have_value("0,5")
    assert other.locator("#fields input:enabled").evaluate_all("all => all.map(each => each.value)") == before
    expect(control(other, "Further answers, one a line")).to_have_value("dL_dx: [0.1, 0.2, 0.3]")
    expect(control(other, "Your name or number (optional)")).to_have_value("no: ü")
    report = downloaded(other, "Report (HTML)").path().read_text()
    assert "<h2>Steps</h2>" in report
    assert "<img" not in report


@pytest.mark.parametrize("name", ["mazur-2-2-2-network", "han-kamber", "neuron-sigmoid", "conv2d-backward"])
def test_a_shipped_submission_is_opened_and_shows_its_report(open_page, name):
    file = data_folder("problem_sets") / "submissions" / f"{name}.yaml"
    page = open_page("/practice")
    laid(page, "One sigmoid neuron, one gradient step")
    page.set_input_files("#a-open", file)
    graded = grade(file)
    expect(standing(page)).to_contain_text(f"{graded.awarded:g} of {graded.possible:g} points")
    shown = page.locator(".ask").evaluate_all("all => all.map(each => each.dataset.verdict || 'missing')")
    assert shown == [step.verdict.value for step in graded.steps]


def test_a_file_that_is_no_submission_is_told_beside_its_control(open_page, tmp_path):
    page = open_page("/practice")
    laid(page, "One sigmoid neuron, one gradient step")
    file = tmp_path / "odd.yaml"
    for data, message in [
        (b"", "the file is empty"),
        (b"format: check-backprop/problem@1\nid: x\n", "expected check-backprop/submission@1"),
        (b"format: check-backprop/submission@1\nproblem: nobody-has-it\nanswers: {z: 1}\n", "not in the list"),
        (f"format: check-backprop/submission@1\nproblem: '{PAYLOAD}'\nanswers: {{z: 1}}\n".encode(), "problem"),
        (b"a: &x [*x]\n", ""),
        (b"\xff\xfe\x00", ""),
        (b"#" * 1_100_000, "more than 1 MiB"),
    ]:
        file.write_bytes(data)
        page.set_input_files("#a-open", file)
        expect(page.locator("#fault-open")).to_contain_text(message)
        expect(page.locator("#fault-open")).to_be_visible()
    expect(page.locator("#fields .ask")).to_have_count(12)


def test_an_own_problem_is_practised_and_its_texts_are_text(open_page, tmp_path):
    page = open_page("/practice?kind=file")
    expect(page.locator("#said")).to_contain_text("Open a problem file, or type one.")
    file = tmp_path / "mine.yaml"
    file.write_text(
        f"format: check-backprop/problem@1\nid: mine\ntitle: '{PAYLOAD}'\n"
        "given: {x: 3}\nparameters: {w: 2}\nforward: {L: (w*x)^2}\nask: [L, weird, dL_dw]\n"
        "aliases: {weird: -dL_dx}\n"
        "grading: {steps: {dL_dw: {expect: both, points: 2}}}\n"
    )
    control(page, "Open a problem file, or a template").set_input_files(file)
    laid(page, PAYLOAD)
    answer(page, "L").fill("36")
    answer(page, "weird").fill("-24")
    verdict(page, "weird", "correct")
    answer(page, "dL_dw").fill("36")
    expect(ask(page, "dL_dw")).to_contain_text("there is only one of them")
    answer(page, "dL_dw, its formula").fill("2*w*x^2")
    verdict(page, "dL_dw", "correct")
    expect(standing(page)).to_contain_text("4 of 4 points")
    sheet = downloaded(page, "Answers (YAML)")
    page.get_by_role("button", name="Clear all answers").click()
    expect(answer(page, "dL_dw, its formula")).to_have_value("")
    page.set_input_files("#a-open", sheet.path())
    expect(answer(page, "dL_dw, its formula")).to_have_value("2*w*x^2")
    expect(standing(page)).to_contain_text("4 of 4 points")
    again = open_page(page.url)
    laid(again, PAYLOAD)
    control(page, "Problem file").fill("format: check-backprop/problem@1\nid: bad id\n")
    expect(page.locator("#said li").first).to_be_visible()
    expect(page.locator("#exercise")).to_be_hidden()
    file.write_bytes(b"#" * 1_100_000)
    control(page, "Open a problem file, or a template").set_input_files(file)
    expect(page.locator("#fault-text")).to_have_text("mine.yaml has more than 1 MiB")


def test_own_problems_and_templates_are_offered(open_page, own_problems):
    template = (data_folder("problem_sets") / "templates" / "network-2-2-1.yaml").read_text()
    (own_problems / "home.yaml").write_text(template.replace("id: network-2-2-1", "id: home-net"))
    try:
        page = open_page("/practice?kind=template&template=home-net")
        laid(page, "A 2-2-1 network, one gradient step")
        assert "home-net (yours)" in control(page, "Template").inner_text()
        problems = page.locator("#p-problem option").all_text_contents()
        assert not any("home-net" in each for each in problems)
    finally:
        (own_problems / "home.yaml").unlink()


def test_an_own_template_is_practised_with_drawn_numbers(open_page, tmp_path):
    template = (data_folder("problem_sets") / "templates" / "network-2-2-1.yaml").read_text()
    file = tmp_path / "home.yaml"
    file.write_text(template.replace("id: network-2-2-1", "id: home"))
    page = open_page("/practice?kind=file")
    expect(control(page, "Seed")).to_be_hidden()
    control(page, "Open a problem file, or a template").set_input_files(file)
    laid(page, "A 2-2-1 network, one gradient step")
    first = page.locator("#statement").inner_text()
    page.get_by_role("button", name="Fresh numbers").click()
    changed = "text => document.getElementById('statement').innerText !== text"
    page.wait_for_function(changed, arg=first)
    seed = control(page, "Seed").input_value()
    answer(page, "z1").fill("7")
    sheet = downloaded(page, "Answers (YAML)")
    assert f"problem: home-{seed}" in sheet.path().read_text()
    again = open_page(page.url)
    laid(again, "A 2-2-1 network, one gradient step")
    assert again.locator("#statement").inner_text() == page.locator("#statement").inner_text()
    control(again, "Seed").fill("another")
    again.wait_for_function(changed, arg=page.locator("#statement").inner_text())
    again.set_input_files("#a-open", sheet.path())  # the answers bring their numbers along
    expect(control(again, "Seed")).to_have_value(seed)
    expect(answer(again, "z1")).to_have_value("7")
    control(again, "Problem file").fill(template.replace("uniform: [-2, 2]", "uniform: [-2]"))
    expect(again.locator("#said li").first).to_contain_text("line ")
    expect(again.locator("#exercise")).to_be_hidden()


def test_answers_survive_a_reload(open_page):
    page = open_page("/practice")
    answer(page, "z").fill("0.7")
    verdict(page, "z", "correct")
    ask(page, "a").get_by_role("button", name="Show the value").click()
    expect(ask(page, "a")).to_contain_text("its value was shown")
    control(page, "Problem").select_option("mazur-2-2-2-network")
    laid(page, "Mazur's 2-2-2 network, as two dense layers")
    answer(page, "a1[2]").fill("0.596884378")
    page.reload()
    expect(answer(page, "a1[2]")).to_have_value("0.596884378")
    control(page, "Problem").select_option("neuron-sigmoid")
    expect(answer(page, "z")).to_have_value("0.7")
    verdict(page, "z", "correct")
    expect(ask(page, "a")).to_contain_text("its value was shown")
    other = open_page(page.url)  # another session has its own
    laid(other, "One sigmoid neuron, one gradient step")
    assert answer(other, "z").input_value() == ""


def test_further_answers_are_read_and_their_faults_told(open_page):
    page = open_page("/practice?problem=karpathy-tanh-neuron")
    expect(page.locator("#fields .ask").first).to_be_visible()
    page.get_by_text("Steps that are not asked").click()
    more = control(page, "Further answers, one a line")
    for text, message in [
        ("nobody: 3", "unknown step"),
        ("a: [1", ""),
        ("o: 1", "has a field of its own"),
        ("x: &a 1", ""),
    ]:
        more.fill(text)
        expect(page.locator("#fault-more")).to_contain_text(message)
        expect(page.locator("#fault-more")).to_be_visible()
    more.fill("# nothing")
    expect(page.locator("#fault-more")).to_be_hidden()


def test_the_graph_leads_to_the_answers(open_page):
    page = open_page("/practice?problem=mazur-2-2-2-network")
    box_of = page.locator("#picture g.step").filter(has_text="").first
    expect(box_of).to_be_visible()
    answer(page, "dL_da1[1]").focus()
    expect(page.locator("#picture g.step[data-current] title")).to_have_text(re.compile(r"^dL_da1\[1\]"))
    page.locator("#picture g.step").filter(has=page.locator("title", has_text=re.compile(r"^L: "))).click()
    expect(answer(page, "L")).to_be_focused()


def test_the_two_pages_lead_to_each_other(open_page):
    page = open_page("/practice?problem=neuron-tanh")
    laid(page, "One tanh neuron, one gradient step")
    page.get_by_role("button", name="See it worked").click()
    expect(page).to_have_url(re.compile(r"/\?kind=problem&problem=neuron-tanh"))
    expect(page.locator('#steps li[data-step="z"]')).to_be_visible()
    page.get_by_role("link", name="Practise this").click()
    laid(page, "One tanh neuron, one gradient step")
    control(page, "Practise").select_option("template")
    expect(page.locator("#state")).to_be_empty()
    page.get_by_role("button", name="See it worked").click()
    expect(page.locator('#steps li[data-step="w1_new"]')).to_be_visible()
    page.get_by_role("link", name="Practise this").click()
    expect(page.locator("#fields .ask")).to_have_count(12)
    expect(page).to_have_url(re.compile(r"/practice\?kind=file#text="))


def test_the_link_is_copied(open_page):
    page = open_page("/practice?problem=neuron-relu", permissions=["clipboard-read", "clipboard-write"])
    laid(page, "One ReLU neuron, one gradient step")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#shared")).to_contain_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_what_is_kept_in_the_browser_may_be_anything(open_page):
    page = open_page("/practice")
    answer(page, "z").fill("0.7")
    verdict(page, "z", "correct")
    for kept in (
        "no json",
        "null",
        "[]",
        '{"answers": {"v.0": "0.7", "c.0": [1], "z.9": 4}}',
        json.dumps({"shown": ["99"]}),
    ):
        page.evaluate(
            "kept => { for (const key of Object.keys(sessionStorage)) sessionStorage.setItem(key, kept) }", kept
        )
        page.reload()
        laid(page, "One sigmoid neuron, one gradient step")
        expect(standing(page)).to_contain_text("of 12 points")


def test_a_server_that_has_gone_is_told_and_found_again(open_page):
    page = open_page("/practice")
    answer(page, "z").fill("0.7")
    verdict(page, "z", "correct")
    page.route("**/practice/judge", lambda route: route.abort())
    answer(page, "a").fill("0.6682")
    expect(standing(page)).to_have_text("The server does not answer. Is it still running?")
    page.unroute("**/practice/judge")
    answer(page, "a").fill("0.66819")
    verdict(page, "a", "correct")
    expect(standing(page)).to_contain_text("2 of 12 points")
    assert any("ERR_FAILED" in fault for fault in page.faults)  # the browser's own word for it
    page.faults.clear()


def test_a_browser_that_keeps_nothing_is_no_obstacle(open_page):
    page = open_page("/practice")
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no') } })")
    page.reload()
    answer(page, "z").fill("0.7")
    verdict(page, "z", "correct")


def test_the_keyboard_alone_suffices(open_page):
    page = open_page("/practice")
    laid(page, "One sigmoid neuron, one gradient step")
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        if name in reached or not name:
            break
        reached.append(name)
        if name == "v-0":
            page.keyboard.type("0.7")
            page.keyboard.press("Enter")  # on to the next field
            reached.append(page.evaluate("document.activeElement.id"))
            page.keyboard.type("0.6682")
        if name == "Show the value of L":
            page.keyboard.press("Enter")
    for name in ("p-kind", "p-problem", "p-feedback", "v-11", "picture", "a-student", "a-open", "share", "clear"):
        assert name in reached, name
    verdict(page, "z", "correct")
    verdict(page, "a", "correct")
    expect(ask(page, "L").locator(".ask-value")).to_contain_text("0.05504967727")


def test_nothing_bars_anybody(open_page, no_barriers):
    for scheme in ("light", "dark"):
        page = open_page("/practice?problem=mazur-2-2-2-network", color_scheme=scheme)
        expect(page.locator("#fields .ask").first).to_be_visible()
        answer(page, "a1[1]").fill("0.5")
        answer(page, "a1[2]").fill("1e9x")
        answer(page, "z1[1]").fill("0.3775")
        answer(page, "L").fill("0.l")
        answer(page, "dL_da2[1]").fill("-0.74136507")
        ask(page, "L").get_by_role("button", name="Show the value").click()
        ask(page, "a2").get_by_role("button", name="as a list").click()
        expect(ask(page, "L").locator(".ask-value")).to_be_visible()
        page.wait_for_timeout(700)
        no_barriers(page)
        control(page, "Practise").select_option("template")
        control(page, "Seed").fill("!")
        expect(page.locator("#fault-seed")).to_be_visible()
        no_barriers(page)
        control(page, "Practise").select_option("file")
        expect(page.locator("#said")).to_be_visible()
        no_barriers(page)


@pytest.mark.parametrize(
    "path", ["/practice?problem=mazur-2-2-2-network", "/practice?kind=template&template=softmax-3-4-2"]
)
def test_on_a_phone_nothing_is_cut_off(open_page, path):
    page = open_page(path, viewport={"width": 360, "height": 740})
    expect(page.locator("#fields .ask").first).to_be_visible()
    page.locator("#fields input:enabled").first.fill("7")
    expect(page.locator(".ask-remark").first).not_to_be_empty()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_script_it_says_what_is_missing(open_page):
    page = open_page("/practice", java_script_enabled=False)
    expect(page.locator("noscript, .callout").get_by_text("Practice needs JavaScript")).to_be_visible()


def test_what_is_saved_is_plain_yaml(open_page, tmp_path):
    page = open_page("/practice")
    laid(page, "One sigmoid neuron, one gradient step")
    texts = ["0.7", "- 1", "a: b", "null", "[1, 2]", "{value: 1}", "@x", "x #y", "'q", '"', "\\", "!!python/object:os"]
    for n, text in enumerate(texts):
        page.locator(f"#v-{n}").fill(text)
    sheet = yaml.safe_load(downloaded(page, "Answers (YAML)").path().read_text())
    assert list(sheet) == ["format", "problem", "answers"]
    read = list(sheet["answers"].values())
    assert read == [0.7, "- 1", "a: b", "null", [1, 2], {"value": 1}, *texts[6:]]


def test_a_downloaded_problem_is_the_one_that_was_practised(open_page, tmp_path):
    page = open_page("/practice?kind=template&template=network-2-2-2&seed=s1")
    expect(page.locator("#fields .ask").first).to_be_visible()
    file = downloaded(page, "Problem (YAML)")
    file.save_as(tmp_path / "x.yaml")
    problem = load_problem(tmp_path / "x.yaml")
    assert problem.id == "network-2-2-2-s1"
