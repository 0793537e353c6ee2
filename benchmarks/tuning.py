"""Tuning: whether recommended settings read pages better that they were not tuned on.

``python -m benchmarks tuning [--runs N] [--budget SECONDS]``. Pages are drawn with six
kinds of damage. The search starts with every automatic step off and has the text of one
page; another page with the same damage is then read with the settings before and after.
On clean pages nothing should be recommended. Time is processor time: pages are read in
this process.
"""

import argparse
import tempfile
import textwrap
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ocr_core.evaluation.trial_reading import read_trial
from ocr_core.evaluation.tuning import Call, Tuner, TuningPage
from ocr_core.knobs import knobs
from ocr_core.page import PageRef, PageResult
from ocr_core.pipeline import recognize_page
from ocr_core.settings import Settings
from ocr_core.text.evaluate import Normalization, score
from sample_images import texts, wear
from sample_images.drawing import draw_text_page

SIZE, FONT, COLUMNS, LINES = (760, 640), 17, 60, 18
WORSE = 0.005
Damage = Callable[[np.ndarray, int], np.ndarray]
DAMAGE: dict[str, Damage] = {
    "tilted": lambda image, seed: wear.tilt(image, 4 + seed % 5),
    "shadow": lambda image, seed: wear.uneven_light(image, 0.2),
    "speckled": lambda image, seed: wear.salt_and_pepper(image, 0.04, seed),
    "faded": lambda image, seed: wear.gaussian_noise(wear.fade(image, 170), 12, seed),
    "inverted": lambda image, seed: wear.invert(image),
    "small": lambda image, seed: cv2.resize(
        image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA
    ),
}
CLEAN: Damage = lambda image, seed: image  # noqa: E731


def all_off() -> Settings:
    """Return the settings with every automatic step off."""
    off = {}
    for knob in knobs(Settings):
        choices = [str(each) for each in knob.choices or ()]
        for value in ("off", "none", "0"):
            if value in choices:
                off[knob.name] = type(knob.default)(value)
                break
    return Settings.from_flat({**off, "language": "eng"})


def prose() -> list[str]:
    """Return the lines of the drawn pages."""
    whole = " ".join(
        [texts.LETTER, texts.DIARY, texts.SHIP_LOG, texts.GAZETTE, texts.MINUTES_1]
    )
    return textwrap.wrap(" ".join(whole.split()), COLUMNS)


def drawn(folder: Path, name: str, lines: Sequence[str], harm: Damage, seed: int):
    """Draw a page; return a reference to it, and its text."""
    text = "\n".join(lines)
    image, _ = draw_text_page(text, size=SIZE, font_size=FONT, margin=30)
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), harm(np.asarray(image.convert("L")), seed))
    return PageRef(str(path), 1, name, path.name), text


def read(calls: Sequence[Call]) -> list[tuple[str, PageResult | None]]:
    """Read pages in this process."""
    return [read_trial(ref, settings, known) for settings, ref, known in calls]


def one_run(folder: Path, harm: Damage, seed: int, budget: float):
    """Tune on one page; return the errors of another, before and after, and why."""
    lines, start = prose(), all_off()
    first = lines[seed % 3 * LINES :][:LINES]
    second = lines[(seed + 1) % 3 * LINES :][:LINES]
    page, text = drawn(folder, f"tuned{seed}", first, harm, seed)
    other, truth = drawn(folder, f"other{seed}", second, harm, seed + 100)
    tuner = Tuner(start, [TuningPage(page, text)], read, budget)
    tuner.clock, tuner.start = time.process_time, time.process_time()
    found = tuner.run()
    before, after = (
        score(truth, recognize_page(other, each).text, Normalization()).cer or 0.0
        for each in (start, found.settings)
    )
    return found, before, after


def main(words: list[str]) -> int:
    """Tune on damaged and on clean pages, and print what that gains."""
    parser = argparse.ArgumentParser(prog="tuning")
    parser.add_argument("--runs", type=int, default=2, help="Of each kind of damage.")
    parser.add_argument("--clean", type=int, default=6, help="Runs on clean pages.")
    parser.add_argument("--budget", type=float, default=60)
    given = parser.parse_args(words)
    falls, rises, quiet = [], 0, 0
    kinds = [(kind, n) for kind in DAMAGE for n in range(given.runs)]
    kinds += [("clean", n) for n in range(given.clean)]
    with tempfile.TemporaryDirectory() as name:
        run = partial(one_run, Path(name), budget=given.budget)
        for kind, seed in kinds:
            found, before, after = run(DAMAGE.get(kind, CLEAN), seed)
            changes = ", ".join(f"{each.knob}={each.new}" for each in found.changes)
            print(
                f"{kind:9} {before:6.2%} -> {after:6.2%}  {found.trials} trials in "
                f"{found.seconds:.0f} s: {changes or 'nothing recommended'}",
                flush=True,
            )
            rises += after - before > WORSE
            if kind == "clean":
                quiet += not found.recommended
            else:
                falls.append((before - after) / before if before else 0.0)
    print(
        f"{len(falls)} damaged pages: held-out error falls by {np.median(falls):.0%} "
        f"(median); it rises by more than {WORSE:g} in {rises} of {len(kinds)} runs; "
        f"nothing recommended on {quiet} of {given.clean} clean pages"
    )
    return 0
