"""Everything that can go wrong, as a user should hear of it.

OcrError
├── InputError          the file is not a page we can read
│   ├── FormatError     the file is of a kind that is not read
│   ├── LimitError      the file is larger, longer or slower than the limits allow
│   │   └── SlowEngineError the engine took too long: of the page, or of itself
│   └── CorpusError     the corpus file is damaged, or none
├── SettingsError       a knob has a value it cannot take
├── MissingEngineError  the engine, a language or a program is not installed
├── EngineError         the engine ran and failed
│   ├── EngineOutputError what the engine wrote cannot be decoded
│   ├── LostWorkerError the worker was killed from outside, whatever the page
│   └── BrokenEngineError the engine reads no page, not even one drawn as a test
├── CancelledError      the user called it off
│   └── ClusterError    the cluster that read is gone, or was never there
└── OutputError         a result could not be written
"""

from ocr_core.messages import Message

# Kinds of failure that are no fault of the page: the same command tries it again.
OUR_FAULTS = ("engine", "machine")


class OcrError(Exception):
    """Base of all errors raised on purpose by `ocr_core`.

    `message` says what happened; `hint` says what the user can do about it. Both keep
    their templates and values, and so does ``str(error)``, which joins them.
    `error_kind` says whose fault it is: of the input, of a limit, of the engine or of
    the machine.
    """

    exit_code = 1
    error_kind = "engine"

    def __init__(self, template: str, *values: object, hint: str = "") -> None:
        self.message = Message(template, *values)
        self.hint = Message(hint)
        # Both in args: an error must survive the trip home from a worker process.
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
    """The input is of a kind that is not read: no image and no PDF."""


class LimitError(InputError):
    """The input is larger, longer or slower than the limits allow."""

    error_kind = "limit"


class SlowEngineError(LimitError):
    """The engine took longer than it may: the page's fault, or the engine's."""


class CorpusError(InputError):
    """The corpus file is damaged, of a newer version, or no corpus."""


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
    """What the engine wrote cannot be decoded: its own fault, whatever the page."""


class LostWorkerError(EngineError):
    """The worker was killed from outside; the page itself may be sound."""

    error_kind = "machine"


class BrokenEngineError(EngineError):
    """The engine reads no page, not even one that is drawn as a test."""

    exit_code = 4


class CancelledError(OcrError):
    """The work was called off before it was done."""

    exit_code = 130
    error_kind = "machine"


class ClusterError(CancelledError):
    """The cluster cannot be reached, or never came back; the rest was not read."""

    exit_code = 4


class OutputError(OcrError):
    """A result could not be written: no space, no right, no such folder."""

    exit_code = 5
    error_kind = "machine"
