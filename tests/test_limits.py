"""The limits of requests: each has a setting, and an error that names it. Disks are limited too."""

import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import override_settings
from rest_framework import serializers

from accounts.fields import StrictFields
from assets.serializers import AssetSerializer
from discovery import sweeper
from discovery.models import DataImport, ImportTable
from tests.people import Cast
from tests.test_contract_errors import ASSETS, field_error, problem
from tests.test_contract_flows import IMPORTS, ROWS

OURS = ("tenancy.", "accounts.", "assets.", "discovery.", "config.")


# --- What a body may hold ----------------------------------------------------------------------


def input_serializers() -> list[Any]:
    """Every serializer that reads a body builds on StrictFields."""
    found, waiting = [], [StrictFields]
    while waiting:
        known = waiting.pop().__subclasses__()
        found += [kind for kind in known if kind.__module__.startswith(OURS)]
        waiting += known
    return found


def unbounded(field: Any, name: str) -> Iterator[str]:
    """What of a field may be of any size."""
    if isinstance(field, serializers.ListField | serializers.DictField):
        yield from unbounded(field.child, f"{name}.*")
    if isinstance(field, serializers.CharField) and not isinstance(field, serializers.UUIDField):
        bound = field.max_length or isinstance(field, serializers.IPAddressField)
        yield from () if bound else (name,)
    if isinstance(field, serializers.IntegerField | serializers.FloatField):
        both = field.max_value is not None and field.min_value is not None
        yield from () if both else (name,)
    if isinstance(field, serializers.ListField) and field.max_length is None:
        yield f"{name}[]"
    if isinstance(field, serializers.JSONField | serializers.DictField):
        yield f"{name}{{}}"


# Bounded by code of their own, which the tests below exercise.
KNOWN = {"attributes.*", "attributes{}", "data_rows{}"}


@pytest.mark.parametrize("serializer", input_serializers(), ids=lambda kind: kind.__name__)
def test_every_field_of_every_body_is_bounded(serializer: Any, db: None):
    fields = serializer().fields.items()
    writable = [(name, field) for name, field in fields if not field.read_only]
    loose = {what for name, field in writable for what in unbounded(field, name)} - KNOWN
    if serializer is AssetSerializer:  # it counts the items of all its lists at once
        loose = {what for what in loose if not what.endswith("[]")}
    assert not loose, loose


@pytest.mark.parametrize("field", ["tags", "ip_addresses", "port", "depends_on"])
def test_long_lists_are_refused(cast: Cast, field: str):
    with override_settings(MAX_LIST_ITEMS=3):
        answer = cast["contributor"].post(ASSETS, {"name": "a", field: [80, 81, 82, 83]})
    assert field_error(answer, field) == "At most 3 items are allowed (MAX_LIST_ITEMS)."


def test_large_attributes_are_refused(cast: Cast):
    post = cast["contributor"].post
    many = post(ASSETS, {"name": "a", "attributes": {str(n): n for n in range(1001)}})
    assert field_error(many, "attributes") == "At most 1,000 keys are allowed (MAX_LIST_ITEMS)."
    large = post(ASSETS, {"name": "a", "attributes": {"x": "y" * 2**20}})
    assert field_error(large, "attributes") == "At most 1,024 KB are allowed (MAX_ATTRIBUTES_KB)."


def test_long_query_parameters_are_refused(cast: Cast):
    for name in ("search", "tags", "name__contains", "ordering"):
        answer = cast["viewer"].get(ASSETS, {name: "x" * 1001})
        assert "MAX_QUERY_CHARS" in field_error(answer, name)


FIGURES = [10**15 + 1, -1, 2**63, 2**64, 1e308, "nan", "inf", "-inf", "1e999", "0x10", True]
DATES = ["0000-01-01", "99999-01-01", "2024-02-30", "1e9", 0]
MOMENTS = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2024-01-01T00:00:60Z"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("cpu_cores", FIGURES),
        ("memory_gb", FIGURES),
        ("monthly_cost", [1e308, 10**14, "nan", "inf"]),
        ("port", [[0], [65_536], [2**31], [1.5], ["x"]]),
        ("install_date", DATES),
        ("last_seen_date", [*DATES[:3], *MOMENTS]),
        ("ip_address", ["1.2.3", "999.1.1.1", "x" * 10_000]),
        ("name", ["x" * 501, ["x"], {"x": 1}, "a\0b"]),
        ("description", ["x" * 10_001]),
    ],
)
def test_values_that_no_database_or_client_takes_are_refused(
    cast: Cast, field: str, values: list[Any]
):
    for value in values:
        answer = cast["contributor"].post(ASSETS, {"name": "a"} | {field: value})
        error = problem(answer, 422)["details"]["field_errors"][0]
        assert error["field"].split(".")[0] == field, value


def test_signs_that_turn_the_direction_of_writing_stay_in_what_was_sent(cast: Cast):
    name = "srv\u202egpj.exe\u0007"
    assert cast["contributor"].post(ASSETS, {"name": name}).json()["name"] == name


BODIES = {
    "half surrogate in a value": b'{"name": "\\ud800"}',
    "half surrogate in a key": b'{"\\udfff": 1, "name": "a"}',
    "raw half surrogate": b'{"name": "\xed\xa0\x80"}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "100,000 brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of 100,000 digits": b'{"name": ' + b"1" * 100_000 + b"}",
    "1e400": b'{"name": "a", "memory_gb": 1e400}',
    "NaN": b'{"name": "a", "memory_gb": NaN}',
    "NUL": b'{"name": "a\x00b"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_sound_json_is_400(cast: Cast, body: bytes):
    for path in (ASSETS, IMPORTS):
        answer = cast["contributor"].generic("POST", path, body, content_type="application/json")
        assert answer.status_code in {400, 422}, answer.content
        problem(answer, answer.status_code)


def test_of_equal_keys_the_last_one_counts(cast: Cast):
    body = b'{"name": "a", "name": "b"}'
    answer = cast["contributor"].generic("POST", ASSETS, body, content_type="application/json")
    assert answer.json()["name"] == "b"


# --- Uploads -----------------------------------------------------------------------------------


def upload(client: Any, disposition: str, content: bytes = b"Name\na\n") -> Any:
    part = f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()
    body = part + content + b"\r\n--b--\r\n"
    return client.generic("POST", IMPORTS, body, content_type="multipart/form-data; boundary=b")


NAMES = {
    'filename="../../etc/passwd.csv"': "passwd.csv",
    'filename="C:\\\\temp\\\\x.csv"': "x.csv",
    "filename*=unicode_escape''%5Cud800x.csv": None,
    "filename*=utf-8''a%0D%0Ab%00%E2%80%AEc.csv": "abc.csv",
    "filename*=utf-8''%E2%80%AE": None,
    f'filename="{"x" * 10_000}.csv"': None,
    'filename=".."': None,
    'filename="x.csv"; filename="y.csv"': None,
}


@pytest.mark.parametrize(("given", "shown"), NAMES.items(), ids=[name[:40] for name in NAMES])
def test_file_names_are_shown_without_tricks(cast: Cast, given: str, shown: str | None):
    answer = upload(cast["contributor"], f'name="file"; {given}')
    if shown:
        assert answer.json()["file_name"] == shown
    elif answer.status_code == 201:
        assert 0 < len(answer.json()["file_name"]) <= 255
    else:  # Django takes a part without a usable name for none, and a long header for an attack
        problem(answer, answer.status_code)
        assert answer.status_code in {400, 422}


@pytest.mark.parametrize("name", ["../\u202ea\r\nb.csv", "\u0007/", "x" * 10_000])
def test_names_of_rows_are_shown_without_tricks(cast: Cast, name: str):
    answer = cast["contributor"].post(IMPORTS, ROWS | {"file_name": name})
    if len(name) > 255:
        assert "255" in field_error(answer, "file_name")
    else:
        assert answer.json()["file_name"] in {"ab.csv", "rows.json"}


@pytest.mark.parametrize(
    "disposition",
    [
        "name*=unicode_escape''%5Cud800",
        "name*=unicode_escape''%5Cud800; filename=\"x.csv\"",
        "name*=nonsense''x; filename=\"x.csv\"",
        'filename="x.csv"',
        'name="file"',
        "",
    ],
)
def test_odd_forms_are_refused(cast: Cast, disposition: str):
    answer = upload(cast["contributor"], disposition)
    assert answer.status_code in {400, 422}, answer.content
    problem(answer, answer.status_code)


def test_an_upload_beyond_the_limit_leaves_nothing(cast: Cast, tmp_path: Path):
    with override_settings(MAX_UPLOAD_MB=1, FILE_UPLOAD_TEMP_DIR=str(tmp_path)):
        answer = upload(cast["contributor"], 'name="file"; filename="x"', b"x" * (2**20 + 1))
        assert "MAX_UPLOAD_MB" in field_error(answer, "file")
        announced = upload(cast["contributor"], 'name="file"; filename="x"', b"x" * 2**22)
        assert "MAX_UPLOAD_MB" in problem(announced, 413)["message"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "content"), [("unknown", b"x" * 2**21), ("file", b""), ("file", b"x" * 2**21)]
)
def test_temporary_files_go_with_the_request(cast: Cast, tmp_path: Path, name: str, content: bytes):
    with override_settings(FILE_UPLOAD_TEMP_DIR=str(tmp_path)):
        answer = upload(cast["contributor"], f'name="{name}"; filename="x.csv"', content)
        assert (answer.status_code == 201) == (name == "file" and bool(content))
        answer.close()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def full_disk() -> Iterator[None]:
    """The operating system refuses to write files of more than 100 kB to this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def kept(cast: Cast) -> tuple[int, list[Path]]:
    """The rows and the files of the client account's imports."""
    folder = Path(settings.MEDIA_ROOT) / str(cast.engagement.client_account_id)
    with cast.scope():
        return DataImport.objects.count(), [p for p in folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize("size", [500_000, 3_000_000], ids=["in memory", "in a temporary file"])
def test_a_full_disk_is_503_and_keeps_nothing(
    cast: Cast, full_disk: None, size: int, tmp_path: Path
):
    with override_settings(FILE_UPLOAD_TEMP_DIR=str(tmp_path)):
        answer = upload(cast["contributor"], 'name="file"; filename="x.csv"', b"x" * size)
    assert not list(tmp_path.iterdir())
    assert problem(answer, 503)["code"] == "storage_unavailable"
    assert answer.headers["Retry-After"] == "60"
    assert kept(cast) == (0, [])


def test_rows_on_a_full_disk_are_503_and_keep_nothing(cast: Cast, full_disk: None):
    rows = [{"name": f"server {n}"} for n in range(10_000)]
    answer = cast["contributor"].post(IMPORTS, ROWS | {"data_rows": rows})
    assert problem(answer, 503)["code"] == "storage_unavailable"
    assert kept(cast) == (0, [])


def test_a_folder_that_cannot_be_written_is_503_and_logged(
    cast: Cast, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "file").write_text("This is no folder.")
    with override_settings(MEDIA_ROOT=tmp_path / "file" / "uploads"):
        answer = cast["contributor"].post(IMPORTS, ROWS)
    assert "could not be stored" in problem(answer, 503)["message"]
    assert "Not a directory" in caplog.text


# --- Imports that nobody read ------------------------------------------------------------------


def forgotten(cast: Cast) -> Any:
    """An import whose message was lost an hour ago."""
    import_id = cast["contributor"].post(IMPORTS, ROWS).json()["id"]
    with cast.scope(), transaction.atomic():
        DataImport.objects.update(nudged_at=Now() - timedelta(hours=1))
    return import_id


def test_a_forgotten_import_is_nudged_a_few_times_and_not_for_ever(cast: Cast):
    import_id = forgotten(cast)
    for _ in range(10):
        sweeper.sweep()
        with cast.scope():
            DataImport.objects.update(nudged_at=Now() - timedelta(hours=1))
    with cast.scope():
        assert DataImport.objects.get(pk=import_id).nudges == 4


def test_a_fresh_import_is_left_to_its_message(cast: Cast):
    cast["contributor"].post(IMPORTS, ROWS)
    assert sweeper.sweep() == 0


def test_a_forgotten_import_is_read_after_all(committed: Cast, worker: Any):
    client = committed["contributor"]
    import_id = client.post(IMPORTS, ROWS).json()["id"]
    wait_until_read(client, import_id)
    with committed.scope(), transaction.atomic():
        ImportTable.objects.all().delete()
        hour = timedelta(hours=1)
        DataImport.objects.update(status=DataImport.Status.UPLOADED, nudged_at=Now() - hour)
    assert wait_until_read(client, import_id)["tables"]


def wait_until_read(client: Any, import_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = client.get(f"{IMPORTS}{import_id}").json()
        if found["status"] != "uploaded":
            return found
        time.sleep(0.1)
    raise AssertionError("nobody read the import within 60 s")


def test_an_import_that_is_being_read_is_left_alone(committed: Cast):
    """Its reader holds the lock, in a connection of its own."""
    import_id = forgotten(committed)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            other.set_autocommit(False)
            tenant = committed.engagement
            for name, own in (
                ("client_account", tenant.client_account_id),
                ("engagement", tenant.pk),
            ):
                cursor.execute(f"SELECT set_config('tenancy.{name}_id', '{own}', true)")
            cursor.execute(
                "SELECT 1 FROM discovery_dataimport WHERE id = %s FOR NO KEY UPDATE", [import_id]
            )
            assert cursor.rowcount == 1
            sweeper.sweep()
            with committed.scope(), transaction.atomic():
                assert DataImport.objects.get(pk=import_id).nudges == 1
    finally:
        other.close()
