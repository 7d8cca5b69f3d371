"""Writes checker/reports/assets/stix-two-math.woff2: the characters of STIX Two Math that our mathematics uses.

    npm pack @fontsource/stix-two-math@5.3.0
    tar xzf fontsource-stix-two-math-5.3.0.tgz
    python tools/subset_font.py package/files/stix-two-math-latin-400-normal.woff2

The MATH table and the variants it names stay, so that brackets and roots stretch. Needs fonttools and brotli.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "checker/reports/assets/stix-two-math.woff2"
SOURCE = "8b2a6834cfe1f4e0f3724ffa59fe92000013fc5a4c41e6a3f438006c26c60f0d"  # of version 2.12 b168a, as packed there
RANGES = (
    (0x20, 0x7E),  # ASCII
    (0x391, 0x3A9),  # Greek
    (0x3B1, 0x3C9),
    (0x1D400, 0x1D467),  # bold and italic letters
    (0x1D6E2, 0x1D71B),  # italic Greek
    (0x1D7CE, 0x1D7D7),  # bold digits
    (0x2190, 0x2193),  # arrows
)
SINGLE = "\u00a0°±²³·¹×÷ϑϕϵℎ‐–—‖‘’“”…′″\u2061\u2062\u2063∂∇∈∏∑−∗∘∙√∞∧∨≈≠≤≥⊕⊗⊙⊤⋅⋮⋯⋱⌈⌉⌊⌋⟨⟩ˆ˜‾\u0302\u0303\u0304↦⇒✓○"
FEATURES = ["ssty", "flac", "dtls", "kern", "ccmp"]  # script sizes, flat accents, dotless letters


def main(path: str) -> int:
    """Writes the font made from the file at `path`; 1 where that is another font."""
    from fontTools import subset

    if sha256(Path(path).read_bytes()).hexdigest() != SOURCE:
        print(f"{path} is not the font that this script was written for", file=sys.stderr)  # noqa: T201 - a script
        return 1
    options = subset.Options(
        flavor="woff2", hinting=False, layout_features=FEATURES, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]
    )
    font = subset.load_font(path, options)
    subsetter = subset.Subsetter(options)
    characters = {each for first, last in RANGES for each in range(first, last + 1)} | set(map(ord, SINGLE))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, str(OUT), options)
    data = OUT.read_bytes()
    print(f"{OUT.name}: {len(data)} bytes, SHA-256 {sha256(data).hexdigest()}")  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
