"""The HTTP API as other programs use it: results and jobs."""

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from ocr_core.exports import FORMATS, Format
from ocr_core.knobs import knobs
from ocr_core.server import jobs as server_jobs
from ocr_core.server.app import create_app
from ocr_core.server.state import EXTENSION
from ocr_core.server.uploads import UploadedFile
from ocr_core.settings import Settings
from tests.support import tasks
from tests.support.api_requests import code, sent, tiff
from tests.support.hostile import saved
from tests.support.marks import MARKS, marked_image
from tests.support.waiting import until

# What can be asked


def test_health_tells_that_the_server_is_there(client):
    assert client.get("/api/health").json["status"] == "ok"


def test_languages_and_engines_are_listed_without_paths(client):
    answer = client.get("/api/languages")

    assert set(answer.json) == {"languages", "engines"}
    assert "/" not in "".join(answer.json["engines"])
    assert "traineddata" not in answer.text


def test_every_knob_is_listed(client):
    listed = client.get("/api/knobs").json["knobs"]

    assert listed == json.loads(
        json.dumps([knob.described() for knob in knobs(Settings)])
    )


def test_a_page_is_answered_with_its_text_and_its_words(client):
    answer = client.post("/api/v1/ocr", **sent())

    [page] = answer.json["pages"]
    assert answer.json["doc_id"] == "scan"
    assert answer.json["text"] == "mark1 mark2 mark3 mark4"
    boxes = [(w["left"], w["top"], w["width"], w["height"]) for w in page["words"]]
    assert boxes == sorted(MARKS)
    assert page["settings"] == Settings().flat()


def test_a_page_is_answered_with_what_to_know_of_it(client):
    cut = saved(Image.fromarray(marked_image()), "JPEG")[:-2]

    answer = client.post("/api/v1/ocr", **sent(cut))

    [note] = answer.json["pages"][0]["notes"]
    assert (note["code"], note["text"][:7]) == ("file-ends-early", "The end")


def test_settings_are_flat_names_as_in_a_recipe(client):
    chosen = Settings.from_flat({"rotate": "180", "psm": 6})
    answers = [
        client.post("/api/v1/ocr", **sent(settings=text)).json["pages"][0]["settings"]
        for text in ('{"rotate": "180", "psm": 6}', chosen.recipe())
    ]

    assert answers == [chosen.flat(), chosen.flat()]


def test_a_recipe_may_be_sent_as_a_file(client):
    recipe = (io.BytesIO(b'{"psm": 6}'), "recipe.json")

    answer = client.post("/api/v1/ocr", **sent(settings=recipe))

    assert answer.json["pages"][0]["settings"]["psm"] == 6


@pytest.mark.parametrize("name", ["words", "pages", "corpus", "jsonl"])
def test_tables_are_handed_over_as_files(client, name):
    answer = client.post("/api/v1/ocr", **sent(format=name))

    assert answer.status_code == 200
    assert answer.mimetype == FORMATS[name].media
    ending = FORMATS[name].ending
    assert answer.headers["Content-Disposition"] == f"attachment; filename=scan{ending}"
    assert "mark1" in answer.text or name == "pages"


def test_an_exporter_that_joins_is_offered_by_itself(monkeypatch, local_pool):
    form = Format("count", ".n", "text/x-count", "words", f"{__name__}:write_count")
    monkeypatch.setitem(FORMATS, "count", form)
    client = create_app(lambda: local_pool).test_client()

    answer = client.post("/api/v1/ocr", **sent(format="count"))

    assert (answer.text, answer.mimetype) == ("4", "text/x-count")
    paths = client.get("/api/openapi.json").json["paths"]
    assert "text/x-count" in paths["/api/v1/ocr"]["post"]["responses"]["200"]["content"]
    assert 'value="count"' in client.get("/api/").text


def write_count(results, file):
    file.write(str(sum(len(result.rows) for result in results)).encode())


def test_all_pages_of_a_document_are_read(client):
    answer = client.post("/api/v1/ocr", **sent(tiff(3)))

    assert [page["page_num"] for page in answer.json["pages"]] == [1, 2, 3]


def test_workers_need_no_flask():
    code = "import ocr_core, ocr_core.server.uploads, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"flask", "waitress", "flask_openapi", "prometheus_client"} & {*loaded}


# Jobs


def finished(client, answer):
    """Wait until a job is done; return its path."""
    path = answer.headers["Location"]
    until(lambda: client.get(path).json["state"] not in ("queued", "running"))
    return path


def test_a_job_is_accepted_followed_and_fetched(client):
    answer = client.post("/api/v1/jobs", **sent(tiff(2), "long.tif"))
    path = finished(client, answer)

    assert answer.status_code == 202
    assert path.endswith(answer.json["id"])
    job = client.get(path).json
    assert (job["state"], job["pages"], job["pages_done"]) == ("done", 2, 2)
    assert 0 < job["expires_in"] <= 3600
    whole = client.get(f"{path}/result").json
    assert [page["n_words"] for page in whole["pages"]] == [4, 4]
    words = client.get(f"{path}/result?format=words").text
    assert words.count("\r\n") == 9


def test_a_job_remembers_the_format_that_was_wanted(client):
    path = finished(client, client.post("/api/v1/jobs", **sent(format="words")))

    assert client.get(f"{path}/result").text.startswith("doc_id,page_num")
    assert client.get(f"{path}/result?format=json").json["doc_id"] == "scan"


def test_a_deleted_job_is_gone_with_its_document(api, client):
    path = finished(client, client.post("/api/v1/jobs", **sent()))
    folder = api.extensions[EXTENSION].uploads.folder
    assert len(list(folder.iterdir())) == 1

    assert client.delete(path).status_code == 204

    assert client.get(path).status_code == 404
    assert client.get(f"{path}/result").status_code == 404
    assert client.delete(path).status_code == 404
    assert not list(folder.iterdir())


def test_a_job_that_runs_can_be_cancelled(pool, monkeypatch):
    monkeypatch.setattr("ocr_core.server.uploads.recognize_page", tasks.hang_at)
    app = create_app(lambda: pool)
    client = app.test_client()
    path = client.post("/api/v1/jobs", **sent(tiff(9))).headers["Location"]
    until(lambda: client.get(path).json["state"] == "running")

    assert client.get(f"{path}/result").status_code == 409
    assert client.delete(path).status_code == 204

    folder = app.extensions[EXTENSION].uploads.folder
    until(lambda: not list(folder.iterdir()))
    assert pool.queued == 0
    app.extensions[EXTENSION].close()


def test_a_job_that_cannot_be_read_says_why(client):
    path = finished(client, client.post("/api/v1/jobs", **sent(b"nothing", "x.png")))

    job = client.get(path).json
    assert (job["state"], job["error"]["code"]) == ("failed", "format")
    assert client.get(f"{path}/result").status_code == 415


def test_jobs_are_forgotten_after_their_time(client, monkeypatch):
    path = finished(client, client.post("/api/v1/jobs", **sent()))

    monkeypatch.setattr(server_jobs, "KEEP_SECONDS", -1)

    assert client.get(path).status_code == 404


def test_a_job_counts_the_time_until_it_is_forgotten(monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(server_jobs, "time", clock)
    job = server_jobs.Job(
        UploadedFile(Path("scan.png"), "scan.png", 9), Settings(), "me"
    )

    assert job.expires_in == 3600
    job.ended = 990.0
    assert job.expires_in == 3590


def test_the_oldest_finished_job_makes_room_for_a_new_one(client, monkeypatch):
    monkeypatch.setattr(server_jobs, "MAX_JOBS", 2)
    paths = [finished(client, client.post("/api/v1/jobs", **sent())) for _ in range(3)]

    assert [client.get(path).status_code for path in paths] == [404, 200, 200]


def test_results_are_kept_only_as_far_as_memory_allows(client, monkeypatch):
    monkeypatch.setattr(server_jobs, "RESULT_BYTES", 8_000)
    paths = [finished(client, client.post("/api/v1/jobs", **sent())) for _ in range(3)]

    assert [client.get(path).status_code for path in paths] == [404, 404, 200]


def test_a_client_with_too_many_jobs_is_asked_to_wait(client, monkeypatch):
    monkeypatch.setattr(server_jobs, "SHARE", 0)

    answer = client.post("/api/v1/jobs", **sent())

    assert (answer.status_code, code(answer)) == (429, "share")
    assert int(answer.headers["Retry-After"]) > 0
