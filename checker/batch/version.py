"""What a grade and its report depend on besides the files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def grader_version() -> str:
    """What a grade and its report depend on besides the files: our release, and our source as it stands."""
    import checker

    package = Path(checker.__file__).parent
    digest = hashlib.sha256(checker.__version__.encode())
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(each for each in folders if each not in ("web", "__pycache__"))
        for name in sorted(names):
            if name.endswith((".py", ".lark", ".html", ".css")):
                status = os.lstat(f"{folder}/{name}")
                where = folder[len(str(package)) :]
                digest.update(f"{where}/{name}:{status.st_size}:{status.st_mtime_ns};".encode())
    return digest.hexdigest()[:16]
