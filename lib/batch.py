"""Commands that explain a rule: one question on the command line, or a JSON list of them.

Either way a question becomes the same mapping and goes the same way. Bad input is one sentence:
on stderr with exit status 2, or as ``{"error": …}`` in its place in a batch. No rule of ours
needs a database, so neither do these commands.
"""
# ruff: noqa: ANN401, ARG002 (Django's signatures: *args: Any, **options: Any)

import json
import sys
from abc import abstractmethod
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lib.days import shown
from lib.refusals import Refusal

EXIT_BAD_INPUT = 2
_STDIN = "-"
_MISSPELLING = 0.8

Item = Mapping[str, object]


class RefusedItem(Refusal):
    """A question has not the form that its command asks for."""


class UnreadableBatch(Refusal):
    """The batch cannot be read or is no JSON list."""


def read_batch(path: str) -> list[object]:
    """Return the JSON list in the file at `path`, or on stdin if it is ``-``.

    Raises UnreadableBatch.
    """
    try:
        raw = sys.stdin.buffer.read() if path == _STDIN else Path(path).read_bytes()
    except OSError as error:
        raise UnreadableBatch(f"The batch {path!r} cannot be read: {error.strerror}.") from None
    try:
        items = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableBatch(f"The batch {path!r} is not valid JSON in UTF-8.") from None
    if not isinstance(items, list):
        raise UnreadableBatch(f"The batch {path!r} must be a JSON list.")
    return items


def check_keys(
    item: object, *, required: Iterable[str], optional: Iterable[str] = (), what: str = "The item"
) -> Item:
    """Return `item` as a mapping with its required keys.

    A key that looks like a misspelt optional one is refused, because it would be left out in
    silence; other unknown keys are remarks and are ignored. Raises RefusedItem.
    """
    if not isinstance(item, Mapping):
        raise RefusedItem(f"{what} must be a JSON object, not {shown(item)}.")
    needed, others = tuple(required), tuple(optional)
    for key in item:
        meant = get_close_matches(key, others, 1, _MISSPELLING)
        if meant and key not in (*needed, *others):
            raise RefusedItem(f"{what} has the unknown key {shown(key)}; {meant[0]} is known.")
    for key in needed:
        if key not in item:
            raise RefusedItem(f"{what} needs {key}.")
    return item


class ExplainCommand(BaseCommand):
    """A thin command around a pure rule; see the head of this module."""

    requires_system_checks = ()
    #: The options that ask the single question, as argparse names them.
    question_options: tuple[str, ...]
    #: Those of them that cannot be left out.
    required_options: tuple[str, ...]
    _at_terminal = False

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Look at the options that concern a whole batch. Raises Refusal."""

    @abstractmethod
    def answer(self, item: object, *, options: Mapping[str, Any]) -> dict[str, object]:
        """Answer one question of a batch, as JSON. Raises Refusal."""

    @abstractmethod
    def explain(self, *, options: Mapping[str, Any]) -> None:
        """Answer the question of the command line, in words or as JSON. Raises Refusal."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer in JSON.")
        parser.add_argument(
            "--batch",
            metavar="FILE",
            help="Answer a JSON list of questions from a file, or from stdin if it is '-'.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        self._at_terminal = True
        super().run_from_argv(argv)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, allow_abbrev=False, **kwargs)
        if self._at_terminal:
            parser.error = partial(_refuse, parser)  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            if not self._at_terminal or options.get("traceback"):
                raise
            self.stderr.write(str(error))
            sys.exit(error.returncode)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.check_options(options)
            if options["batch"] is not None:
                self._answer_batch(options)
            else:
                self._require_question(options)
                self.explain(options=options)
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=EXIT_BAD_INPUT) from refusal

    def write_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=1))

    def _answer_batch(self, options: Mapping[str, Any]) -> None:
        given = [name for name in self.question_options if options[name] is not None]
        if given:
            raise RefusedItem(f"Give either --batch or {_flag(given[0])}, not both.")
        self.write_json(
            [self._answer_or_error(item, options) for item in read_batch(options["batch"])]
        )

    def _answer_or_error(self, item: object, options: Mapping[str, Any]) -> dict[str, object]:
        try:
            return self.answer(item, options=options)
        except Refusal as refusal:
            return {"error": str(refusal)}

    def _require_question(self, options: Mapping[str, Any]) -> None:
        missing = [_flag(name) for name in self.required_options if options[name] is None]
        if missing:
            raise RefusedItem(f"Give {' and '.join(missing)}, or --batch FILE.")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _refuse(parser: ArgumentParser, message: str) -> NoReturn:
    sentence = f"{message[:1].upper()}{message[1:]}. See {parser.prog} --help.\n"
    parser.exit(EXIT_BAD_INPUT, sentence)
