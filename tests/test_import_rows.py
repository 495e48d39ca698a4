"""The rows of a table as they were read."""

from typing import Any

import pytest
from django.db import transaction

from discovery.models import DataImport, ImportTable
from tests.people import Cast
from tests.test_contract_errors import field_error, problem
from tests.test_contract_flows import IMPORTS, ROWS
from tests.test_import_choices import WORKBOOK, decide, hand_in


def rows(cast: Cast, import_id: str, **query: Any) -> dict[str, Any]:
    answer = cast["viewer"].get(f"{IMPORTS}{import_id}/rows", query)
    assert answer.status_code == 200, answer.content
    page: dict[str, Any] = answer.json()
    return page


def test_rows_come_in_pages_with_their_place(committed: Cast, worker: Any):
    lines = [f"m{number},{number}," for number in range(120)]
    lines[60] = ""
    found = hand_in(
        committed["contributor"], "list.csv", "\n".join(["name,cores,note", *lines]).encode()
    )

    first = rows(committed, found["id"])
    assert (first["total"], first["page"], first["page_size"]) == (119, 1, 50)
    assert len(first["items"]) == 50
    assert first["items"][0] == {"row": 2, "cells": {"name": "m0", "cores": "0"}}
    second = rows(committed, found["id"], page=2)
    assert second["items"][10] == {"row": 63, "cells": {"name": "m61", "cores": "61"}}
    last = rows(committed, found["id"], page=12, page_size=10)
    assert [item["row"] for item in last["items"]] == list(range(113, 122))
    assert rows(committed, found["id"], page=99)["items"] == []


def test_a_table_is_chosen_by_its_name(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)

    assert rows(committed, found["id"])["items"][0]["cells"]["VM"] == "web1"
    disks = rows(committed, found["id"], table="vDisk")
    assert disks["total"] == 2
    assert disks["items"][1] == {
        "row": 3,
        "cells": {
            "VM": "web1",
            "Disk": "Hard disk 2",
            "Disk Key": "2001",
            "Capacity MiB": "20480",
        },
    }
    place = f"{IMPORTS}{found['id']}/rows"
    assert "vInfo, vDisk, Notes" in field_error(client.get(place, {"table": "vCPU"}), "table")
    assert "Unknown parameter" in field_error(client.get(place, {"sheet": "vInfo"}), "sheet")
    decide(client, found["id"], tables=[{"name": "vInfo", "skip": True}])
    assert rows(committed, found["id"])["items"][0]["cells"]["Disk"] == "Hard disk 1"


def test_a_long_cell_is_cut_with_a_mark(committed: Cast, worker: Any):
    content = f"name,note\na,{'x' * 201}\nb,{'ß' * 200}\n".encode()
    found = hand_in(committed["contributor"], "list.csv", content)

    notes = [item["cells"]["note"] for item in rows(committed, found["id"])["items"]]
    assert notes == ["x" * 200 + "…", "ß" * 200]


def test_a_page_of_too_many_cells_is_refused(committed: Cast, worker: Any):
    header = ",".join(f"c{number}" for number in range(500))
    content = f"{header}\n{','.join('1' * 500)}\n".encode()
    found = hand_in(committed["contributor"], "wide.csv", content)
    place = f"{IMPORTS}{found['id']}/rows"

    refused = committed["viewer"].get(place, {"page_size": "201"})
    assert "At most 200 rows" in field_error(refused, "page_size")
    assert len(rows(committed, found["id"], page_size=200)["items"][0]["cells"]) == 500
    assert field_error(committed["viewer"].get(place, {"page": "0"}), "page")


def test_headers_that_could_be_anything(committed: Cast, worker: Any):
    content = b'__row__,"a ""b"" {c}","row",\xc3\xa9\n1,2,3,4\n'
    found = hand_in(committed["contributor"], "odd.csv", content)

    (item,) = rows(committed, found["id"])["items"]
    assert item["row"] == 2
    assert list(item["cells"].values()) == ["1", "2", "3", "4"]
    assert {'a "b" {c}', "row", "é"} < set(item["cells"])


def test_an_import_that_is_not_read_says_so(cast: Cast):
    import_id = cast["contributor"].post(IMPORTS, ROWS).json()["id"]
    place = f"{IMPORTS}{import_id}/rows"

    refused = problem(cast["viewer"].get(place), 409)
    assert (refused["code"], refused["details"]) == ("import_not_read", {"status": "uploaded"})
    with cast.scope():
        DataImport.objects.update(status="failed", error="It is a picture.")
    assert problem(cast["viewer"].get(place), 409)["message"] == "It is a picture."
    problem(cast.stranger_at_home.get(place), 404)


def test_rows_that_are_gone_from_the_disk(committed: Cast, worker: Any):
    found = hand_in(committed["contributor"], "list.csv", b"name,ram\na,1\n")
    with committed.scope(), transaction.atomic():
        table = ImportTable.objects.get(data_import=found["id"])
        table.parquet.storage.delete(table.parquet.name)

    answer = committed["viewer"].get(f"{IMPORTS}{found['id']}/rows")

    assert problem(answer, 503)["code"] == "storage_unavailable"
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize("content", [b"PAR1", b""])
def test_a_file_that_is_no_parquet_is_no_failure_of_the_server(
    committed: Cast, worker: Any, content: bytes
):
    found = hand_in(committed["contributor"], "list.csv", b"name,ram\na,1\n")
    with committed.scope(), transaction.atomic():
        table = ImportTable.objects.get(data_import=found["id"])
    with table.parquet.storage.open(table.parquet.name, "wb") as stored:
        stored.write(content)

    problem(committed["viewer"].get(f"{IMPORTS}{found['id']}/rows"), 503)


def test_the_programs_that_look_at_uploads_are_told_no_secret(monkeypatch):
    from discovery.programs import environment

    monkeypatch.setenv("SECRET_KEY", "s")
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/d")
    told = environment(RUST_BACKTRACE="0")
    assert told["RUST_BACKTRACE"] == "0"
    assert not {"SECRET_KEY", "DATABASE_URL"} & told.keys()
