from __future__ import annotations

import jsonschema
import pytest

from checker import shipped
from checker.errors import InternalError


@pytest.mark.parametrize("name", ["problem", "report", "solution", "submission"])
def test_schemas_are_found(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(shipped.schema(name))


def test_the_copy_in_the_package_comes_first(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "checker"
    package.mkdir()
    monkeypatch.setattr(shipped, "__file__", str(package / "shipped.py"))
    with pytest.raises(
        InternalError, match=r"^the folder 'schemas' of check-backprop is missing; reinstall check-backprop$"
    ):
        shipped.data_folder("schemas")
    (tmp_path / "schemas").mkdir()
    assert shipped.data_folder("schemas") == tmp_path / "schemas"
    (package / "_schemas").mkdir()
    assert shipped.data_folder("schemas") == package / "_schemas"
    with pytest.raises(InternalError, match=r"^the schema 'problem' cannot be read: .*; reinstall check-backprop$"):
        shipped.schema("problem")
