"""Settings are read as plain YAML; what could run, repeat itself without end or have no name is refused by its line."""

from __future__ import annotations

import pytest
import yaml

from incare import plain_yaml
from incare.plain_yaml import PlainYamlError

# Nine lines that stand for a thousand million values.
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_keys_values_lists_and_dates_are_read():
    assert plain_yaml.load("area: X\ntargets: {a: 1}\nlist: [1, two]\n") == {
        "area": "X",
        "targets": {"a": 1},
        "list": [1, "two"],
    }
    assert plain_yaml.load("") is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (BOMB, 1, "anchors"),
        ("area: X\nloop: &a [*a]", 2, "anchors"),
        ("area: *x", 1, "anchors"),
        ("area: X\n? [a]\n: b", 2, "a key must be plain text"),
        ("x: " + "[" * 30 + "]" * 30, 1, "more than 20 levels"),
        ("x: " + "[" * 100_000, 1, "more than 20 levels"),
    ],
    ids=["bomb", "loop", "alias", "key", "deep", "endless"],
)
def test_what_no_settings_need_is_refused_by_its_line(text, line, said):
    with pytest.raises(PlainYamlError, match=said) as refused:
        plain_yaml.load(text)
    assert refused.value.problem_mark.line + 1 == line


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system ''"])
def test_nothing_is_run(tag):
    with pytest.raises(yaml.YAMLError):
        plain_yaml.load(f"area: {tag}")
