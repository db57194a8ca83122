"""Icons of variation and assurance, drawn by us: a shape for each word, and the word beside it."""

from __future__ import annotations

import math
from textwrap import wrap

from incare.views import house
from incare.views.markup import Html, tag

# What is said beside the icon; nobody has to know the shapes or see the colours.
VARIATION = {
    "common cause": "No signal: usual variation",
    "improvement": "Signal of improvement",
    "concern": "Signal of concern",
    "higher": "Signal: higher than before",
    "lower": "Signal: lower than before",
    "too few points": "Too few points to judge",
    "no figure": "No latest figure to judge",
}
ASSURANCE = {
    "passes": "Target will be met",
    "fails": "Target will be missed",
    "hit or miss": "Target met or missed by chance",
    "no direction": "A target, but neither direction is better",
    "too few points": "Too few points to judge the target",
    "no figure": "No latest figure to hold against the target",
    "no limits": "No limits to hold against the target",
}
COLOURS = {
    "improvement": house.MEASURE,
    "concern": house.TARGET,
    "higher": house.BENCHMARK,
    "lower": house.BENCHMARK,
    "passes": house.MEASURE,
    "fails": house.TARGET,
}
SIZE = 30  # CSS pixels
_WAVE = ((-0.55, -0.15), (-0.18, 0.22), (0.18, -0.22), (0.55, 0.15))


def variation(word: str, rising: bool | None = None) -> Html:
    """The icon of the latest point with its words beside it.

    `word` is that of the column `variation`; `rising` says whether a signal is above the mean (or rising), and turns
    the arrow; left out, it points up for higher, improvement and concern. Raises `ValueError` for another word.
    """
    said = words_of(word, VARIATION)
    return _beside(said, lambda axes: draw_variation(axes, (0, 0), 1.0, word, rising))


def assurance(word: str, better: str = "higher") -> Html:
    """The icon of a target against the limits with its words beside it; nothing without a target.

    `word` is that of the column `assurance`; `better` puts the limits above or below the line of the target.
    Raises `ValueError` for another word.
    """
    if not word:
        return Html()
    said = words_of(word, ASSURANCE)
    return _beside(said, lambda axes: draw_assurance(axes, (0, 0), 1.0, word, better))


def words_of(word: str, known: dict[str, str]) -> str:
    """What is said beside an icon; `known` maps the words of variation or assurance to their sentences.

    Raises `ValueError` for a word without an icon.
    """
    if word not in known:
        raise ValueError(f"There is no icon for {word!r}; there are {', '.join(known)}.")
    return known[word]


def _beside(said: str, draw) -> Html:
    with house.canvas(height=SIZE, width=SIZE, left=1, right=1, top=1, bottom=1) as (figure, axes):
        axes.set_axis_off()
        axes.set_xlim(-1.08, 1.08)
        axes.set_ylim(-1.08, 1.08)
        draw(axes)
        picture = house.image(figure, "", class_="spark")
    return tag("span", picture, " ", tag("span", said), class_="spc-icon")


def draw_variation(axes, middle: tuple[float, float], radius: float, word: str, rising: bool | None = None) -> None:
    """Draw the icon of variation on axes of equal scale: a wave, an arrow, or an empty ring."""
    x, y = middle
    colour = _ring(axes, middle, radius, word)
    if word == "common cause":
        from matplotlib.patches import Circle

        spots = [(x + a * radius, y + u * radius) for a, u in _WAVE]
        axes.plot(*zip(*spots, strict=True), color=house.QUIET, linewidth=1.4, zorder=3)
        for spot in spots:
            axes.add_patch(Circle(spot, 0.17 * radius, color=house.QUIET, linewidth=0, zorder=4))
    elif colour:
        way = -1 if (rising is False or (rising is None and word == "lower")) else 1
        head = {"width": 0.2 * radius, "head_width": 0.72 * radius, "head_length": 0.52 * radius}
        axes.arrow(
            x, y - way * 0.62 * radius, 0, way * 1.24 * radius, **head, length_includes_head=True,
            color=house.PAPER, linewidth=0, zorder=4,
        )  # fmt: skip


def draw_assurance(axes, middle: tuple[float, float], radius: float, word: str, better: str = "higher") -> None:
    """Draw the icon of assurance: the line of the target, and the bar of the limits on one side of it or across it."""
    x, y = middle
    colour = _ring(axes, middle, radius, word)
    if word not in ("passes", "fails", "hit or miss"):
        return
    above = (word == "passes") == (better != "lower")
    low, high = (-0.42, 0.42) if word == "hit or miss" else (0.16, 0.76) if above else (-0.76, -0.16)
    ink = house.PAPER if colour else house.QUIET
    line = 0.0 if word == "hit or miss" else -0.22 if above else 0.22
    axes.plot([x - 0.68 * radius, x + 0.68 * radius], [y + line * radius] * 2, color=ink, linewidth=1.6, zorder=5,
              linestyle=(0, (2, 1)), solid_capstyle="butt")  # fmt: skip
    axes.fill_between(
        [x - 0.2 * radius, x + 0.2 * radius], y + low * radius, y + high * radius, color=ink, linewidth=0, zorder=4,
        alpha=1.0 if colour else 0.55,
    )  # fmt: skip


def _ring(axes, middle, radius, word) -> str | None:
    """The filled shape of a judgement (square good, disc bad, diamond neither), or the ring of none.

    The ring is broken where nothing can be judged. Returns the colour of the filling.
    """
    from matplotlib.patches import Circle, RegularPolygon

    colour = COLOURS.get(word)
    nothing = word not in COLOURS and word not in ("common cause", "hit or miss")
    look = {
        "facecolor": colour or house.PAPER,
        "edgecolor": colour or house.QUIET,
        "linewidth": 1.4,
        "linestyle": (0, (2, 2)) if nothing else "solid",
        "joinstyle": "round",
        "zorder": 3 if colour else 2,
    }
    turned = {"improvement": math.pi / 4, "passes": math.pi / 4, "higher": 0.0, "lower": 0.0}
    if word in turned:
        size = radius * (1.26 if turned[word] else 1.02)
        axes.add_patch(RegularPolygon(middle, 4, radius=size, orientation=turned[word], **look))
    else:
        axes.add_patch(Circle(middle, radius, **look))
    return colour


def two_lines(said: str, width: int = 26) -> str:
    """Words broken for the space beside an icon inside a picture."""
    return "\n".join(wrap(said, width))
