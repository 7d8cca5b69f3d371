from __future__ import annotations

import pytest

from checker.stepname import StepNames, UnknownStep

NAMES = StepNames({"z": (), "a": (2,), "W": (2, 3), "dL_da": (2,)}, {"delta": "-dL_da"}, "L", iterations=2)


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("z[1]", "'z[1]' is no element of z", "it is a single number: leave the brackets out"),
        ("a[3]", "'a[3]' is no element of a", "its elements are a[1] to a[2]"),
        ("W[1]@2", "'W[1]@2' is no element of W@2", "its elements are W[1,1]@2 to W[2,3]@2"),
        ("delta[0]", "'-dL_da[0]' is no element of dL_da", "its elements are dL_da[1] to dL_da[2]"),
        ("q", "unknown step 'q'", "use one of z, a, W, dL_da, delta"),
        ("z@3", "unknown step 'z@3'", "use one of z, a, W, dL_da, delta"),
        ("a[", "'a[' does not name a step", "did you mean 'a'?"),
    ],
)
def test_a_name_that_means_no_step_is_told_how_to_mend_it(text: str, what: str, mend: str) -> None:
    with pytest.raises(UnknownStep) as caught:
        NAMES.find(text)
    assert (caught.value.what, caught.value.mend) == (what, mend)
