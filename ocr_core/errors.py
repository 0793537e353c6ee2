"""Errors: all failures that are reported to a user.

OcrError
├── InputError          the file is not a page that can be read
│   ├── FormatError     the file format is not supported
│   ├── LimitError      the file is larger, longer or slower than the limits allow
│   │   └── SlowEngineError the engine took too long, due to the page or the engine
│   └── CorpusError     the corpus file is damaged, or not a corpus
├── SettingsError       a knob has a value it cannot take
├── MissingEngineError  the engine, a language or a program is not installed
├── EngineError         the engine ran and failed
│   ├── EngineOutputError what the engine wrote cannot be decoded
│   ├── LostWorkerError the worker was killed from outside, not because of the page
│   └── BrokenEngineError the engine reads no page, not even a drawn test page
├── CancelledError      the user cancelled the work
│   └── ClusterError    the cluster was lost, or never answered
└── OutputError         a result could not be written
"""

from ocr_core.messages import Message

# Causes other than the page itself: the same command tries such a page again.
OUR_FAULTS = ("engine", "machine")


class OcrError(Exception):
    """Base of all errors raised on purpose by `ocr_core`.

    `message` says what happened; `hint` says what the user can do about it. Both keep
    their templates and values, and so does ``str(error)``, which joins them.
    `error_kind` states the cause: the input, a limit, the engine or the machine.
    """

    exit_code = 1
    error_kind = "engine"

    def __init__(self, template: str, *values: object, hint: str = "") -> None:
        self.message = Message(template, *values)
        self.hint = Message(hint)
        # Both in args, so that an error can be pickled by a worker process.
        super().__init__(self.message, self.hint)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.message, self.hint), vars(self)

    def __str__(self) -> str:
        if self.message and self.hint:
            return Message("{0} {1}", self.message, self.hint)
        return self.message or self.hint


def _rebuilt(kind: type[OcrError], message: str, hint: str) -> OcrError:
    return kind(message, hint=hint)


class InputError(OcrError):
    """The input is missing, damaged or not an image or PDF."""

    exit_code = 3
    error_kind = "input"


class FormatError(InputError):
    """The input is in an unsupported format: neither an image nor a PDF."""


class LimitError(InputError):
    """The input is larger, longer or slower than the limits allow."""

    error_kind = "limit"


class SlowEngineError(LimitError):
    """The engine exceeded its time limit, due to the page or the engine."""


class CorpusError(InputError):
    """The corpus file is damaged, of a newer version, or not a corpus."""


class SettingsError(OcrError):
    """A setting is unknown or out of its bounds."""

    exit_code = 2


class MissingEngineError(OcrError):
    """The OCR engine, one of its languages, or a program is not installed."""

    exit_code = 4


class EngineError(OcrError):
    """The OCR engine stopped with an error of its own."""

    exit_code = 3


class EngineOutputError(EngineError):
    """The engine's output cannot be decoded: the engine's fault, not the page's."""


class LostWorkerError(EngineError):
    """The worker was killed from outside; the page itself may be readable."""

    error_kind = "machine"


class BrokenEngineError(EngineError):
    """The engine reads no page, not even a drawn test page."""

    exit_code = 4


class CancelledError(OcrError):
    """The work was cancelled before it was finished."""

    exit_code = 130
    error_kind = "machine"


class ClusterError(CancelledError):
    """The cluster cannot be reached, or did not come back; the rest was not read."""

    exit_code = 4


class OutputError(OcrError):
    """A result could not be written: no space, no permission, no such folder."""

    exit_code = 5
    error_kind = "machine"
