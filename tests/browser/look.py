"""Take full-page pictures of pages at desktop and phone width, light and dark, to look at them.

python tests/browser/look.py reports/testshire/2025-26-q2/index.html --out pictures
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

WIDTHS = {"desktop": 1280, "phone": 390}


def look(pages: list[Path], out: Path, schemes: list[str], widths: dict[str, int] = WIDTHS) -> list[Path]:
    """Write one PNG for each page, width and colour scheme; returns their paths."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        for scheme in schemes:
            for name, width in widths.items():
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                tab = context.new_page()
                for page in pages:
                    tab.goto(page.resolve().as_uri())
                    taken.append(out / f"{page.stem}-{name}-{scheme}.png")
                    tab.screenshot(path=taken[-1], full_page=True)
                context.close()
        browser.close()
    return taken


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
    options = parser.parse_args()
    for path in look(options.pages, options.out, options.schemes):
        print(path)


if __name__ == "__main__":
    main()
