"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version


def ocr_core_version() -> str:
    """Return the installed version of this package."""
    try:
        return version("ocr-core")
    except PackageNotFoundError:
        return "0"
