"""What a run says, on a terminal or in a log."""

from __future__ import annotations

import sys

import pandas as pd

from incare.pack.execute import Step
from incare.pack.run import Listener


class PlainLines(Listener):
    """One line per sentence, table row and finished notebook; for logs and pipes."""

    def say(self, sentence: str) -> None:
        print(sentence, flush=True)

    def table(self, title: str, rows: pd.DataFrame) -> None:
        print(f"{title}:", flush=True)
        print(_text(rows).to_string(index=False) if len(rows) else "none", flush=True)

    def step(self, step: Step) -> None:
        if step.done == step.of:
            print(f"{step.name}: {step.done} of {step.of} cells", flush=True)


class Terminal(Listener):
    """Rich tables, and a bar per notebook that moves with its cells."""

    def __init__(self):
        from rich.console import Console

        self.console = Console(file=sys.stdout, highlight=False)
        self.bars, self.progress = {}, None

    def say(self, sentence: str) -> None:
        self.console.print(sentence, markup=False)

    def table(self, title: str, rows: pd.DataFrame) -> None:
        from rich.table import Table

        self.close()
        table = Table(title=title, title_justify="left")
        for name in rows.columns:
            number = pd.api.types.is_numeric_dtype(rows[name])
            table.add_column(str(name).replace("_", " "), justify="right" if number else "left")
        for row in _text(rows).itertuples(index=False):
            table.add_row(*row)
        self.console.print(table, markup=False)

    def step(self, step: Step) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        if self.progress is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.progress = Progress(*columns, console=self.console)
            self.progress.start()
        if step.name not in self.bars:
            self.bars[step.name] = self.progress.add_task(step.name, total=step.of)
        self.progress.update(self.bars[step.name], completed=step.done)

    def close(self) -> None:
        """Take the bars away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress, self.bars = None, {}


def _text(rows: pd.DataFrame) -> pd.DataFrame:
    """Every cell as it is printed: thousands apart, missing as a dash."""
    shown = rows.copy()
    for name in shown.columns:
        values = shown[name].to_list()
        number = pd.api.types.is_numeric_dtype(shown[name])
        if number and all(pd.isna(value) or value == int(value) for value in values):
            values = [value if pd.isna(value) else int(value) for value in values]
        shown[name] = ["–" if pd.isna(value) else f"{value:,}" if number else str(value) for value in values]
    return shown
