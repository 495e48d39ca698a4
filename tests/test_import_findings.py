"""What could not be read: in lists that can be filtered, and as a file."""

from typing import Any

from tests.people import Cast
from tests.test_contract_errors import field_error, problem
from tests.test_contract_flows import IMPORTS, ROWS, run_flow
from tests.test_exports import as_rows, as_sheet, download
from tests.test_import_choices import hand_in

CSV = b"name;type;RAM (MB);CPUs\nweb1;server;plenty;4\nweb2;server;4096;=1+x\nweb3;server;?!;8\n"
CSV += b"".join(b"s%d;server;%d;%d\n" % (n, 1024 * n, n) for n in range(1, 21))


def findings(cast: Cast, place: str, **query: str) -> list[dict[str, Any]]:
    answer = cast["viewer"].get(place, query)
    assert answer.status_code == 200, answer.content
    page: list[dict[str, Any]] = answer.json()["items"]
    return page


def test_the_findings_of_an_import_are_those_of_its_last_flow(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "servers.csv", CSV)
    place = f"{IMPORTS}{found['id']}/findings"
    assert client.get(place).json() == {"items": [], "total": 0, "page": 1, "page_size": 50}
    run_flow(client, data_import_id=found["id"])
    flow = run_flow(client, data_import_id=found["id"])

    items = findings(committed, place)

    assert items == findings(committed, f"/api/v1/flows/{flow['flow_id']}/findings")
    assert [(i["file"], i["table"], i["row"], i["column"], i["value"]) for i in items] == [
        ("servers.csv", "servers", 2, "RAM (MB)", "plenty"),
        ("servers.csv", "servers", 3, "CPUs", "=1+x"),
        ("servers.csv", "servers", 4, "RAM (MB)", "?!"),
    ]
    assert all(item["reason"].endswith(".") for item in items)
    assert len(findings(committed, place, column="ram (mb)")) == 2
    assert len(findings(committed, place, target="cpu_cores")) == 1
    assert len(findings(committed, place, table="servers", phase="asset_creation")) == 3
    assert len(findings(committed, place, reason__contains="NUMBER")) == 3
    assert findings(committed, place, table="other") == []
    assert len(findings(committed, place, page_size="2")) == 2
    assert "Unknown parameter" in field_error(client.get(place, {"columns": "x"}), "columns")


def test_findings_as_files(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "servers.csv", CSV)
    flow = run_flow(client, data_import_id=found["id"])

    for place in (f"{IMPORTS}{found['id']}", f"/api/v1/flows/{flow['flow_id']}"):
        rows = as_rows(download(committed["viewer"], f"{place}/findings/export"))
        assert [(row["file"], row["row"], row["value"]) for row in rows] == [
            ("servers.csv", "2", "plenty"),
            ("servers.csv", "3", "'=1+x"),
            ("servers.csv", "4", "?!"),
        ]
        assert list(rows[0]) == [
            *("phase", "file", "table", "row", "column", "target", "value", "reason")
        ]
        less = download(committed["viewer"], f"{place}/findings/export", target="cpu_cores")
        assert len(as_rows(less)) == 1
        sheet = as_sheet(
            download(committed["viewer"], f"{place}/findings/export", file_format="xlsx")
        )
        assert sheet[2][6] == "=1+x"
        refused = client.get(f"{place}/findings/export", {"file_format": "pdf"})
        assert "csv, xlsx" in field_error(refused, "file_format")


def test_findings_of_others_are_not_found(cast: Cast):
    import_id = cast["contributor"].post(IMPORTS, ROWS).json()["id"]

    for place in ("findings", "findings/export", "rows"):
        problem(cast.stranger_at_home.get(f"{IMPORTS}{import_id}/{place}"), 404)
        problem(cast["viewer"].get(f"{IMPORTS}nonsense/{place}"), 422)
