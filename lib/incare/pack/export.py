"""Executed notebooks as pages that stand alone, and the cover page of a pack."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path

from incare.views.markup import MARK

TEMPLATES = Path(__file__).parent / "templates"
COVER = "cover.html.j2"
FOOTER = {
    "area": "Area",
    "quarter": "Quarter",
    "as_at": "Data as at",
    "profile": "Profile",
    "version": "Made by incare",
}
PRIVACY = {
    "public": (
        "Numbers from 1 to 7 are hidden and printed as c, together with the numbers of the same period from which they "
        "could be worked out. Other counts are rounded to the nearest 5 and percentages to whole numbers, so parts may "
        "not add up to totals. No page, file or picture holds a record of a child. Before this pack was published its "
        "figures were searched, together with those of earlier packs, for numbers that could be worked out."
    ),
    "restricted": (
        "This pack holds true, unrounded counts. Small numbers can point to a child: do not publish it, and share it "
        "only with people who are allowed to see them. No page, file or picture holds a record of a child."
    ),
}
# What would make a page fetch something; links that a reader follows are not among them.
_FETCHES = re.compile(
    r"<(?:script|iframe|object|embed|link|base|form|video|audio|source|track)\b"
    r"|<[^>]*\s(?:src(?!\s*=\s*[\"']?data:image/)|srcset|on\w+)\s*="
    r"|@import|url\((?!\s*[\"']?data:)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"<h([1-6])((?:\s[^>]*)?)>(.*?)</h\1>", re.DOTALL | re.IGNORECASE)


class ExportError(ValueError):
    """A notebook whose page must not be made, naming the cell and what to change."""


@dataclass
class Section:
    """A heading in the list of contents, with the headings below it."""

    id: str
    text: str
    inside: list[Section] = field(default_factory=list)


def to_html(notebook, title: str | None = None, footer: dict | None = None, lead: str = "") -> str:
    """One executed notebook as one page: prose and the outputs of our views, nothing else.

    `notebook` is a path or a notebook node. `title` is the page's only `h1`; without it the notebook's first heading
    is. `footer` has `area`, `quarter`, `as_at`, `profile` and `version`; further entries are printed as they are. Any
    profile but "public" prints a banner. Standard error is never exported.

    Raises `ExportError` for an output that no view made (a displayed frame can hold a child), an error, printed text,
    an unexecuted cell, markup that would fetch something, or a footer with a missing entry.
    """
    node = _checked(_read(notebook))
    body = _body(node)
    _refuse_fetching(body, "The notebook's prose or outputs")
    own_title, body = _lift_title(body)
    body, contents = _number_headings(body)
    if not (title or own_title):
        raise ExportError("A page needs a title: give one, or begin the notebook with a heading (# Title).")
    return _page("page.html.j2", title or own_title, footer, lead=lead, body=body, contents=contents)


def index_page(entries: list[dict], facts: dict) -> str:
    """The cover page of a pack.

    `entries`: one dict per report with `href`, `title`, `question` and `sections` (as `sections` gives them for its
    page), which can then be searched. `facts`: `title`, `lead`, `footer` (as in `to_html`), `figures` (as
    `views.words.key_figures` returns them), `files` (dicts with `href` and `what`), `checks` (dicts with `name` and
    `result`) and `disclosure`, the privacy note; that of the profile stands when it is absent.
    Everything but `footer` may be left out. Raises `ExportError` as `to_html` does.
    """
    footer = facts.get("footer")
    profile = (footer or {}).get("profile")
    return _page(
        COVER,
        facts.get("title", "Children in care and care leavers"),
        footer,
        lead=facts.get("lead", ""),
        contents=[],
        entries=[{"sections": [], **entry} for entry in entries],
        figures=facts.get("figures", []),
        files=facts.get("files", []),
        checks=facts.get("checks", []),
        disclosure=facts.get("disclosure") or PRIVACY.get(profile, PRIVACY["restricted"]),
    )


def sections(page: str) -> list[dict]:
    """The headings that a page of `to_html` lists as its contents, each with `id` and `text`, in order."""
    listed = re.search(r"<nav\b.*?</nav>", page, re.DOTALL)
    links = re.findall(r'<a href="#([^"]*)">(.*?)</a>', listed.group(0)) if listed else []
    return [{"id": unescape(name), "text": unescape(text)} for name, text in links]


# What may leave a notebook


def _read(notebook):
    import nbformat

    return nbformat.read(notebook, as_version=4) if isinstance(notebook, str | Path) else notebook


def _checked(node):
    """A copy of the notebook with only prose and our outputs; an error for anything else that was displayed."""
    import nbformat

    kept = nbformat.v4.new_notebook()
    for place, cell in enumerate(node.cells, start=1):
        if cell.cell_type == "markdown":
            kept.cells.append(nbformat.v4.new_markdown_cell(cell.source))
        elif cell.cell_type == "code":
            kept.cells.append(_outputs_only(cell, place))
    return kept


def _outputs_only(cell, place: int):
    import nbformat

    if cell.source.strip() and cell.execution_count is None:
        raise ExportError(f"Cell {place} was not run; a page is made only of a notebook that ran to its end.")
    outputs = [_ours(output, place) for output in cell.outputs if not _is_standard_error(output)]
    return nbformat.v4.new_code_cell(outputs=outputs)


def _is_standard_error(output) -> bool:
    return output.output_type == "stream" and output.get("name") == "stderr"


def _ours(output, place: int):
    import nbformat

    if output.output_type == "error":
        raise ExportError(f"Cell {place} ended in an error; the notebook must run through before it is exported.")
    if output.output_type == "stream":
        raise ExportError(f"Cell {place} printed text. Only views leave a notebook: remove the print.")
    shown = "".join(output.get("data", {}).get("text/html", ""))
    if not shown.startswith(MARK):
        raise ExportError(
            f"Cell {place} displayed something that no view made; it could hold a child's record. Show it with "
            "incare.views, or end the line with a semicolon or an assignment."
        )
    return nbformat.v4.new_output("display_data", data={"text/html": shown})


def _body(node) -> str:
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="incare",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        preprocessors=[],
        default_preprocessors=[],
    )
    body, _ = exporter.from_notebook_node(node)
    return body


def _refuse_fetching(body: str, where: str) -> None:
    found = _FETCHES.search(_without_pictures(body))
    if found:
        raise ExportError(
            f"{where} hold {found.group(0).strip()!r}, which would run or fetch something; a page stands alone."
        )


def _without_pictures(body: str) -> str:
    return re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]*", "data:image/png", body)


# Headings


def _lift_title(body: str) -> tuple[str, str]:
    """The text of the body's first heading of level one, and the body without it."""
    found = next((h for h in _HEADING.finditer(body) if h.group(1) == "1"), None)
    if found is None:
        return "", body
    return _heading_text(found), body[: found.start()] + body[found.end() :]


def _number_headings(body: str) -> tuple[str, list[Section]]:
    """Give every heading an id, close gaps between levels, and list those of levels 2 and 3."""
    contents: list[Section] = []
    used: set[str] = set()
    level = 1

    def rewrite(found: re.Match) -> str:
        nonlocal level
        level = max(2, min(int(found.group(1)), level + 1))
        attributes, name = _named(found, used)
        if 'data-contents="no"' not in attributes:
            _list_heading(contents, level, Section(name, _heading_text(found)))
        return f"<h{level}{attributes}>{found.group(3)}</h{level}>"

    return _HEADING.sub(rewrite, body), contents


def _named(found: re.Match, used: set[str]) -> tuple[str, str]:
    attributes = found.group(2)
    own = re.search(r'\sid="([^"]*)"', attributes)
    wanted = own.group(1) if own else re.sub(r"[^a-z0-9]+", "-", _heading_text(found).lower()).strip("-") or "section"
    name, count = wanted, 1
    while name in used:
        count += 1
        name = f"{wanted}-{count}"
    used.add(name)
    return re.sub(r'\sid="[^"]*"', "", attributes) + f' id="{name}"', name


def _list_heading(contents: list[Section], level: int, section: Section) -> None:
    if level == 2:
        contents.append(section)
    elif level == 3 and contents:
        contents[-1].inside.append(section)


def _heading_text(found: re.Match) -> str:
    return unescape(re.sub(r"<[^>]+>", "", found.group(3))).strip()


# The frame


def _page(template: str, title: str, footer: dict | None, lead: str, **parts) -> str:
    footer = footer or {}
    missing = [name for name in FOOTER if not str(footer.get(name) or "").strip()]
    if missing:
        raise ExportError(f"The footer of a page needs {', '.join(FOOTER)}; missing: {', '.join(missing)}.")
    lines = [(FOOTER.get(name, name.replace("_", " ").capitalize()), str(text)) for name, text in footer.items()]
    script = _script() if template == COVER else ""
    page = (
        _templates()
        .get_template(template)
        .render(
            title=title,
            lead=lead,
            area=footer["area"],
            quarter=footer["quarter"],
            restricted=footer["profile"] != "public",
            footer=lines,
            style=_style(),
            script=script,
            policy=_policy(script),
            **_safe(parts),
        )
    )
    # The cover's own script, and no other, may stand in a page.
    _refuse_fetching(page.replace(f"<script>{script}</script>", "", 1) if script else page, "The page")
    return page


def _policy(script: str) -> str:
    """What a browser may do with a page: show its own style and pictures, and run the one script of that hash."""
    allowed = [
        "default-src 'none'",
        "img-src data:",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed.append(f"script-src 'sha256-{digest}'")
    return "; ".join(allowed)


def _safe(parts: dict) -> dict:
    """The body is markup already; everything else the templates escape."""
    from markupsafe import Markup

    return {name: Markup(part) if name == "body" else part for name, part in parts.items()}


@cache
def _templates():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


@cache
def _style():
    from markupsafe import Markup

    return Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))


@cache
def _script():
    from markupsafe import Markup

    return Markup((TEMPLATES / "find.js.j2").read_text(encoding="utf-8"))
