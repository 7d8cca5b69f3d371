"""Writes docs/library.ipynb: the text of tools/library.md as a notebook, run, with what each cell shows.

    python tools/make_notebook.py [--check]

The tests make it again and compare, so the notebook is executed and its outputs are true.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "library.ipynb"
TEXT = ROOT / "tools" / "library.md"


def page() -> str:
    """The notebook as a file."""
    parts = re.split(r"^```python\n(.*?)^```\n", TEXT.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    cells = [
        (nbformat.v4.new_code_cell if number % 2 else nbformat.v4.new_markdown_cell)(part.strip(), id=f"cell-{number}")
        for number, part in enumerate(parts)
        if part.strip()
    ]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=120,
            record_timing=False,
            coalesce_streams=True,  # one output, however the kernel cuts it into messages
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        ).execute()
    notebook.metadata = metadata
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if "text/html" in output.get("data", {}):
            del output.data["text/plain"]  # the same as code, with the places of this machine's files
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    made = page()
    if "--check" in sys.argv:
        sys.exit(None if PATH.read_text(encoding="utf-8") == made else f"{PATH.name} shows what is no longer so")
    PATH.write_text(made, encoding="utf-8")
    sys.stdout.write(f"{PATH.relative_to(ROOT)}\n")
