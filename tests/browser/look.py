"""Take pictures of whole pages at any width, light and dark, and on paper, to look at them.

python tests/browser/look.py reports/testshire/2025-26-q2/index.html --out pictures
python tests/browser/look.py PAGES --widths 320 768 1280 --schemes light --cut 1600 --paper

A long page is cut into columns of `--cut` pixels that stand side by side, so that its words can still be read. On paper
its sheets stand side by side (needs pdftoppm).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

WIDTHS = (1280, 390)
WIDEST = 2600  # of a picture of columns or sheets, in pixels
GAP = (20, (200, 0, 200))
DOTS = 75  # of a sheet, by the inch


def look(pages: list[Path], out: Path, schemes: list[str], widths: list[int], cut: int = 0, paper: bool = False):
    """Write PNGs of each page by width and colour scheme, and of its sheets; returns their paths."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        for scheme in schemes:
            for width in widths:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                tab = context.new_page()
                for page in pages:
                    tab.goto(page.resolve().as_uri())
                    path = out / f"{page.stem}-{width}-{scheme}.png"
                    tab.screenshot(path=path, full_page=True)
                    taken += columns(path, cut) if cut else [path]
                context.close()
        if paper:
            tab = browser.new_context().new_page()
            for page in pages:
                tab.goto(page.resolve().as_uri())
                taken += _sheets(tab, page.stem, out)
        browser.close()
    return taken


def columns(path: Path, cut: int) -> list[Path]:
    """A picture in columns of so many pixels from the top, several side by side; takes the place of the file."""
    Image.MAX_IMAGE_PIXELS = None
    whole = Image.open(path).convert("RGB")
    parts = [whole.crop((0, top, whole.width, min(whole.height, top + cut))) for top in range(0, whole.height, cut)]
    path.unlink()
    return _side_by_side(parts, path)


def _side_by_side(parts: list[Image.Image], path: Path) -> list[Path]:
    each = max(1, WIDEST // (parts[0].width + GAP[0]))
    taken = []
    for number, start in enumerate(range(0, len(parts), each)):
        row = parts[start : start + each]
        size = sum(part.width for part in row) + GAP[0] * (len(row) - 1), max(part.height for part in row)
        page, at = Image.new("RGB", size, GAP[1]), 0
        for part in row:
            page.paste(part, (at, 0))
            at += part.width + GAP[0]
        taken.append(path.with_name(f"{path.stem}-{number:02}.png"))
        page.save(taken[-1])
    return taken


def _sheets(tab, name: str, out: Path) -> list[Path]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.pdf"
        tab.pdf(path=str(file), prefer_css_page_size=True)
        subprocess.run(["pdftoppm", "-r", str(DOTS), "-png", str(file), f"{folder}/sheet"], check=True)
        sheets = [Image.open(path).convert("RGB") for path in sorted(Path(folder).glob("sheet*.png"))]
    return _side_by_side(sheets, out / f"{name}-paper.png")


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("No Chromium was found; install it, or set CHROMIUM to its path.")
    return found


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    parser.add_argument("--schemes", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--widths", nargs="*", type=int, default=list(WIDTHS), help="in CSS pixels")
    parser.add_argument("--cut", type=int, default=0, help="height of the columns; 0 keeps a page whole")
    parser.add_argument("--paper", action="store_true", help="the printed sheets too")
    given = parser.parse_args()
    for path in look(given.pages, given.out, given.schemes, given.widths, given.cut, given.paper):
        print(path)


if __name__ == "__main__":
    main()
