"""YAML as people write settings: plain keys and values, nothing that refers to another part, runs or never ends."""

from __future__ import annotations

import yaml

DEEPEST = 20


class PlainYamlError(yaml.MarkedYAMLError):
    """YAML of a kind that no settings need; `problem` says which, `problem_mark` where."""


def compose(text: str) -> yaml.Node | None:
    """The node of a YAML text, None for an empty one.

    A text of a few lines in which anchors repeat one another stands for more values than any memory holds, so anchors
    and aliases are refused, and so are keys that are no plain text, and more than `DEEPEST` levels.
    Raises `PlainYamlError`, or another `yaml.YAMLError` for a text that is not YAML.
    """
    level = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused("anchors (&) and aliases (*) are not read; write the value out", event)
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST:
            raise _refused(f"more than {DEEPEST} levels", event)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    _refuse_odd_keys(node)
    return node


def load(text: str):
    """The values of a YAML text, read as `compose` reads it."""
    compose(text)
    return yaml.safe_load(text)


def _refuse_odd_keys(node) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused("a key must be plain text", key)
            _refuse_odd_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_odd_keys(value)


def _refused(problem: str, where) -> PlainYamlError:
    return PlainYamlError(problem=problem, problem_mark=where.start_mark)
