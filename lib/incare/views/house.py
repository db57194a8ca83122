"""The one style of our charts: ink that survives grey paper, labels at the lines, nothing clipped."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from textwrap import wrap

from incare.views.markup import Html, tag

WIDTH = 480  # CSS pixels: narrow enough that the words in a chart can still be read on a phone
PIXELS_PER_INCH = 96

INK, QUIET, GRID, PAPER = "#1d2b36", "#53626e", "#dde3e8", "#ffffff"
MEASURE, BAND, TARGET, BENCHMARK, FORECAST, GAP = "#1b5583", "#c4d8e8", "#a8480d", "#6a4a93", "#0f7173", "#eef1f4"

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET,
    "axes.facecolor": PAPER,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "figure.facecolor": PAPER,
    "figure.dpi": PIXELS_PER_INCH,
    "lines.linewidth": 2.2,
    "lines.solid_capstyle": "round",
    "axes.labelsize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
}


@contextmanager
def canvas(height: float, width: float = WIDTH, left=40, right=10, top=20, bottom=38):
    """A figure and its axes in our style; sizes and margins are CSS pixels.

    The figure is drawn without pyplot, so nothing is kept in memory and no display is needed.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_settings()):
        figure = Figure(figsize=(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH))
        FigureCanvasAgg(figure)
        box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
        yield figure, figure.add_axes(box)


@cache
def _settings() -> dict:
    """Seaborn's plain style with ours over it: made once, as a report draws a hundred charts."""
    import seaborn

    return {**seaborn.plotting_context("notebook"), **seaborn.axes_style("white"), **STYLE}


def image(figure, alt: str, class_: str | None = None) -> Html:
    """The figure as an `<img>`, at twice the resolution it is shown at, with a small palette and no metadata.

    Drawing it again through a palette halves its size and drops what matplotlib writes about itself.
    """
    from PIL import Image

    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="rgba", dpi=2 * PIXELS_PER_INCH)
    size = tuple(int(inches * 2 * PIXELS_PER_INCH) for inches in figure.get_size_inches())
    picture = Image.frombytes("RGBA", size, drawn.getvalue()).convert("RGB")
    # The octree is ten times as fast as the usual way, and leaves white a shade off white.
    picture = picture.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.putpalette([255 if shade >= 254 else shade for shade in picture.getpalette()])
    picture.save(small, format="png")
    width, height = (round(inches * PIXELS_PER_INCH) for inches in figure.get_size_inches())
    data = base64.b64encode(small.getvalue()).decode("ascii")
    return tag("img", src=f"data:image/png;base64,{data}", alt=alt, width=width, height=height, class_=class_)


@dataclass(frozen=True)
class Label:
    """Words that stand beside the end of a line."""

    text: str
    at: float
    colour: str = INK
    weight: str = "normal"


_LABEL_WIDTH = 14  # characters on a line


def room_for(labels: list[Label]) -> float:
    """How many CSS pixels `beside` needs to the right of the axes."""
    lines = [line for label in labels for line in wrap(label.text, _LABEL_WIDTH)]
    return 18 + 8.4 * max((len(line) for line in lines), default=0)


def beside(axes, labels: list[Label], gap: float = 3, size: float = 10) -> None:
    """Write labels to the right of the axes at their heights, moved apart where they would touch."""
    height = axes.get_window_extent().height
    low, high = axes.get_ylim()
    wanted = sorted(labels, key=lambda label: label.at)
    texts = ["\n".join(wrap(label.text, _LABEL_WIDTH)) for label in wanted]
    tall = [(text.count("\n") + 1) * size * 1.75 + gap for text in texts]
    places = _apart([(label.at - low) / (high - low) * height for label in wanted], tall)
    for label, text, place in zip(wanted, texts, places, strict=True):
        axes.annotate(
            text,
            (1, place / height),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=label.colour,
            weight=label.weight,
            size=size,
            linespacing=1.05,
            annotation_clip=False,
        )


def _apart(places: list[float], tall: list[float]) -> list[float]:
    """The places, ascending, moved as little as a few passes allow so that neighbours do not touch."""
    moved = list(places)
    for _ in range(40):
        for i in range(len(moved) - 1):
            overlap = moved[i] + tall[i] / 2 - (moved[i + 1] - tall[i + 1] / 2)
            if overlap > 0:
                moved[i] -= overlap / 2
                moved[i + 1] += overlap / 2
    return moved
