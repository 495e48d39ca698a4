"""JSON of every shape that tools write: which tables it becomes, with which cells."""

import json
from pathlib import Path
from typing import Any

import pytest

from discovery.readers import ROW, Limits, Unreadable, read_file

Cells = list[tuple[object, ...]]


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def read(path: Path, content: bytes, limits: Limits | None = None) -> dict[str, Any]:
    """By name of the table: its header with `ROW`, and its rows."""
    path.write_bytes(content)
    found = {}
    for table in read_file(path, "export.json", limits=limits):
        frame = table.rows.collect()
        assert frame.columns == [ROW, *table.columns]
        assert (frame.height, table.header_row) == (table.row_count, 0)
        found[table.name] = (table.columns, frame.rows())
    return found


def shaped(path: Path, document: object) -> dict[str, Any]:
    return read(path, json.dumps(document).encode())


def test_rows_become_text(upload: Path) -> None:
    document = [
        {"name": " a ", "cpu": 4, "ram": 4.0, "on": True},
        {},
        {"name": "b\x00\ud800", "tags": ["x", 1, None], "disk": {"gb": [1]}, "name ": None},
    ]
    assert shaped(upload, document) == {
        "export": (
            ("name", "cpu", "ram", "on", "tags", "disk.gb", "name (2)"),
            [
                (1, "a", "4", "4.0", "true", None, None, None),
                (3, "b?", None, None, None, "x;1", "1", None),
            ],
        )
    }


@pytest.mark.parametrize(
    "content",
    [
        b'[{"a": 1}, {"b": "x"}]',
        b'{"a": 1}\n\n{"b": "x"}\n',
        b'{\n "a": 1\n}\n{\n "b": "x"\n}\n',
        b'\xef\xbb\xbf{"value":\r\n [{"a": 1}, {"b": "x"}], "nextLink": null, "count": 2}',
        '[{"a": 1},\r\n {"b": "x"}]'.encode("utf-16"),
        b'[[{"a": 1}], [], [{"b": "x"}]]',
        b'{"took": 3, "hits": {"total":2, "hits": [{"_source": {"a": 1}}, {"_source":{"b":"x"}}]}}',
    ],
    ids=["list", "NDJSON", "jq", "page", "PowerShell", "lists", "search"],
)
def test_a_list_is_found_in_whatever_holds_it(content: bytes, upload: Path) -> None:
    assert read(upload, content) == {"export": (("a", "b"), [(1, "1", None), (2, None, "x")])}


EC2 = {
    "Reservations": [
        {
            "Groups": [],
            "OwnerId": "42",
            "Instances": [
                {
                    "InstanceId": "i-1",
                    "State": {"Code": 16, "Name": "running"},
                    "SecurityGroups": [
                        {"GroupName": "web", "GroupId": "sg-1"},
                        {"GroupName": "ssh", "GroupId": "sg-2"},
                    ],
                    "Tags": [{"Key": "Name", "Value": "web01"}, {"Key": "Env", "Value": "prod"}],
                    "BlockDeviceMappings": [
                        {"DeviceName": "/dev/xvda", "Ebs": {"Status": "attached", "Size": 8}},
                        {"DeviceName": "/dev/sdb", "Ebs": {"Status": "attached", "Size": 20}},
                    ],
                }
            ],
        },
        {
            "OwnerId": "43",
            "Instances": [
                {
                    "InstanceId": "i-2",
                    "State": {"Code": 80, "Name": "stopped"},
                    "Tags": [{"Key": "Name", "Value": "db01"}],
                    "BlockDeviceMappings": [
                        {"DeviceName": "/dev/xvda", "Ebs": {"Status": "attached", "Size": 30}}
                    ],
                },
                {"InstanceId": "i-3", "State": {"Code": 16, "Name": "running"}},
            ],
        },
    ]
}


def test_instances_in_reservations(upload: Path) -> None:
    """An envelope hands its values down; parts name the thing that they are of."""
    instances = (
        "OwnerId",
        "InstanceId",
        "State.Code",
        "State.Name",
        "SecurityGroups.GroupName",
        "SecurityGroups.GroupId",
        "Tags",
        "Tags.Name",
        "Tags.Env",
    )
    tags = "Name=web01;Env=prod"
    assert shaped(upload, EC2) == {
        "Instances": (
            instances,
            [
                (1, "42", "i-1", "16", "running", "web;ssh", "sg-1;sg-2", tags, "web01", "prod"),
                (2, "43", "i-2", "80", "stopped", None, None, "Name=db01", "db01", None),
                (3, "43", "i-3", "16", "running", None, None, None, None, None),
            ],
        ),
        "BlockDeviceMappings": (
            ("OwnerId", "Instance.Name", "InstanceId", "disk.DeviceName", "disk.Status", "Size"),
            [
                (1, "42", "web01", "i-1", "/dev/xvda", "attached", "8"),
                (2, "42", "web01", "i-1", "/dev/sdb", "attached", "20"),
                (3, "43", "db01", "i-2", "/dev/xvda", "attached", "30"),
            ],
        ),
    }


def test_machines_with_disks_in_a_page(upload: Path) -> None:
    document = {
        "value": [
            {
                "id": "/vm/1",
                "name": "vm1",
                "tags": {"env": "prod"},
                "properties": {
                    "name": "shown",
                    "hardwareProfile": {"vmSize": "D2s"},
                    "osProfile": {"computerName": "vm1"},
                    "storageProfile": {"dataDisks": [{"lun": 0, "diskSizeGB": 128}]},
                },
            }
        ]
    }
    assert shaped(upload, document) == {
        "export": (
            (
                *("id", "name", "tags", "tags.env", "properties.name"),
                *("hardwareProfile.vmSize", "osProfile.computerName"),
            ),
            [(1, "/vm/1", "vm1", "env=prod", "prod", "shown", "D2s", "vm1")],
        ),
        "dataDisks": (
            ("asset.name", "asset.id", "lun", "diskSizeGB"),
            [(1, "vm1", "/vm/1", "0", "128")],
        ),
    }


def test_things_in_things(upload: Path) -> None:
    """A list of machines inside their host is one more list of machines, which names the host."""
    document = {"hosts": [{"name": "esx1", "cores": 8, "id": 7, "vms": [{"name": "a", "os": "x"}]}]}
    assert shaped(upload, document) == {
        "hosts": (("name", "cores", "id"), [(1, "esx1", "8", "7")]),
        "vms": (("host.name", "name", "os"), [(1, "esx1", "a", "x")]),
    }


def test_machines_without_a_name_are_no_envelopes(upload: Path) -> None:
    part = {"mac": "m", "mtu": 1, "speed": 2, "duplex": "full"}
    document = [{"serial": "s1", "os": "x", "nics": [part]}, {"serial": "s2", "os": "y"}]
    columns, rows = shaped(upload, document)["export"]
    assert (columns, [row[:3] for row in rows]) == (
        ("serial", "os", "nics"),
        [(1, "s1", "x"), (2, "s2", "y")],
    )


def test_one_cluster_hands_its_name_to_its_hosts(upload: Path) -> None:
    document = {
        "cluster": "c1",
        "exportedAt": "2026-01-01",
        "hosts": [{"name": "a"}, {"name": "b"}],
    }
    assert shaped(upload, document) == {
        "hosts": (("cluster", "name"), [(1, "c1", "a"), (2, "c1", "b")])
    }


FACTS = {
    "ansible_hostname": "web01",
    "ansible_memtotal_mb": 7982,
    "ansible_default_ipv4": {"address": "10.0.0.5"},
    "ansible_devices": {"sda": {"size": "50 GB"}, "sdb": {"size": "20 GB"}},
}


def test_facts_of_one_host_and_of_several(upload: Path) -> None:
    columns = ("ansible_hostname", "ansible_memtotal_mb", "ansible_default_ipv4.address")
    cells = ("web01", "7982", "10.0.0.5")
    one = shaped(upload, {"ansible_facts": FACTS, "changed": False})
    assert one == {
        "export": ((*columns, "changed"), [(1, *cells, "false")]),
        "ansible_devices": (
            ("asset.ansible_hostname", "disk.name", "size"),
            [(1, "web01", "sda", "50 GB"), (2, "web01", "sdb", "20 GB")],
        ),
    }
    hosts = {"web01.example.com": {"ansible_facts": FACTS}, "b.example.com": {"ansible_facts": {}}}
    several = shaped(upload, hosts)
    assert several["export"] == (
        ("name", *columns),
        [(1, "web01.example.com", *cells), (2, "b.example.com", None, None, None)],
    )
    assert several["ansible_devices"][0] == ("asset.name", "disk.name", "size")
    alone = shaped(upload, {"web01.example.com": {"ansible_facts": FACTS}})
    assert alone["export"] == (("name", *columns), [(1, "web01.example.com", *cells)])


def test_the_hosts_of_an_ansible_inventory(upload: Path) -> None:
    document = {
        "_meta": {"hostvars": {"web01": {"ansible_host": "10.0.0.5"}, "db01": {"rack": "r1"}}},
        "all": {"children": ["ungrouped", "web"]},
        "web": {"hosts": ["web01"]},
    }
    assert shaped(upload, document)["hostvars"][1] == [
        (1, "ungrouped;web", "web01", "10.0.0.5", None),
        (2, "ungrouped;web", "db01", None, "r1"),
    ]


def test_a_fixture_names_what_it_refers_to(upload: Path) -> None:
    document = [
        {"model": "dcim.site", "pk": 2, "fields": {"name": "Akron", "slug": "akron", "tz": "EST"}},
        {"model": "dcim.device", "pk": 1, "fields": {"name": "rtr01", "site": 2, "rack": 5}},
        {"model": "dcim.site", "pk": 3, "fields": {"name": "Berlin", "slug": "berlin", "tz": None}},
        {"model": "dcim.device", "pk": 2, "fields": {"name": "rtr02", "site": 3, "rack": None}},
    ]
    assert shaped(upload, document) == {
        "dcim.site": (
            ("pk", "name", "slug", "tz"),
            [(1, "2", "Akron", "akron", "EST"), (3, "3", "Berlin", "berlin", None)],
        ),
        "dcim.device": (
            ("pk", "name", "site", "rack"),
            [(2, "1", "rtr01", "Akron", "5"), (4, "2", "rtr02", "Berlin", None)],
        ),
    }


def test_a_field_of_a_fixture_that_refers_and_lists_stays_as_it_is(upload: Path) -> None:
    models = [("dcim.site", {"name": "s"})]
    models += [("dcim.device", {"name": "a", "site": value}) for value in (1, [1])]
    document = [{"model": model, "pk": 1, "fields": fields} for model, fields in models]
    _, rows = shaped(upload, document)["dcim.device"]
    assert rows == [(2, "1", "a", "s", None), (3, "1", "a", None, "1")]


def test_records_of_several_types_in_one_file(upload: Path) -> None:
    server = '{"type": "server", "hostname": "a", "cpu": 2, "ram_gb": 4}'
    application = '{"type": "application", "name": "shop", "owner": "ann", "tier": 1}'
    content = "\n".join([server, application, server.replace('"a"', '"b"')]).encode()
    expected = {
        "export (server)": (
            ("hostname", "cpu", "ram_gb"),
            [(1, "a", "2", "4"), (3, "b", "2", "4")],
        ),
        "export (application)": (("name", "owner", "tier"), [(2, "shop", "ann", "1")]),
    }
    assert read(upload, content) == expected
    untold = content.replace(b'"type": "server", ', b"").replace(b'"type": "application", ', b"")
    assert read(upload, untold) == dict(
        zip(["export", "export (2)"], expected.values(), strict=True)
    )


def test_types_of_one_shape_stay_together(upload: Path) -> None:
    document = [{"type": "vm", "name": "a", "ip": "1"}, {"type": "host", "name": "b", "os": "x"}]
    assert list(shaped(upload, document)) == ["export"]


GRAPHS = {
    "ids": {
        "nodes": [{"id": "n1", "name": "web"}, {"id": "n2", "name": "db"}],
        "edges": [{"source": "n1", "target": "n2"}],
    },
    "places in the list": {
        "nodes": [{"name": "web"}, {"name": "db"}],
        "links": [{"source": 0, "target": 1}],
    },
    "Cytoscape": {
        "elements": {
            "nodes": [{"data": {"id": "1", "name": "web"}}, {"data": {"id": "2", "name": "db"}}],
            "edges": [{"data": {"source": "1", "target": "2"}}],
        }
    },
    "whole nodes": {
        "vertices": [{"id": 1, "name": "web"}, {"id": 2, "name": "db"}],
        "links": [{"from": {"id": 1}, "to": {"id": 2}}],
    },
}


@pytest.mark.parametrize("document", GRAPHS.values(), ids=GRAPHS)
def test_the_edges_of_a_graph_name_its_nodes(document: Any, upload: Path) -> None:
    nodes, edges = shaped(upload, document).values()
    place = nodes[0].index("name") + 1
    assert [row[place] for row in nodes[1]] == ["web", "db"]
    assert edges[1] == [(1, "web", "db")]


def test_nodes_of_the_same_name_are_told_apart(upload: Path) -> None:
    node = {"namespace": "shop", "app": "web"}
    document = {
        "nodes": [{"id": 1, "cluster": "a", **node}, {"id": 2, "cluster": "b", **node}],
        "edges": [{"source": 1, "target": 2}],
    }
    assert shaped(upload, document)["edges"][1] == [(1, "a:shop:web", "b:shop:web")]


@pytest.mark.parametrize("odd", [5, True, "text", [1], [["a", "b"]]], ids=repr)
def test_an_object_that_seldom_holds_no_records_is_no_list(odd: Any, upload: Path) -> None:
    rows = [{"name": f"n{n}", "disks": {"sda": {"gb": 1}, "sdb": {"gb": 2}}} for n in range(300)]
    rows[151]["disks"] = {"sda": odd}  # type: ignore[assignment]
    header, found = shaped(upload, rows)["export"]
    told = dict(zip(header, found[151][1:], strict=True))
    assert told["name"] == "n151"
    assert told["disks.sda"] is not None
    assert told["disks.sda.gb"] is None


def test_keys_that_are_data_make_no_columns(upload: Path) -> None:
    document = [
        {"name": f"n{n}", "hits": {f"10.0.0.{n}": n}, "deep": {str(n): {}}} for n in range(6)
    ]
    columns, rows = shaped(upload, document)["export"]
    assert columns == ("name", "hits", "deep")
    assert rows[3] == (4, "n3", '{"10.0.0.3": 3}', '{"3": {}}')


def test_a_list_that_is_no_inventory_stays_with_its_record(upload: Path) -> None:
    document = [{"name": "a", "fans": [{"rpm": 1}, {"rpm": 2}]}, {"name": "b"}]
    expected = {
        "export": (("name", "fans"), [(1, "a", '[{"rpm": 1}, {"rpm": 2}]'), (2, "b", None)])
    }
    assert shaped(upload, document) == expected
    long = [{"name": "a", "fans": [{"rpm": n} for n in range(20_000)]}]
    tables = shaped(upload, long)
    assert len(tables["fans"][1]) == 20_000
    assert tables["fans"][1][7] == (8, "a", "7")


REFUSED = {
    "no list": ({"value": []}, Limits(), "empty"),
    "columns": ([{"a": 1}, {"b": 2}], Limits(max_columns=1), "too_many_columns"),
    "columns in columns": ([{"a": {"b": 1, "c": 2}}], Limits(max_columns=1), "too_many_columns"),
    "rows": ([{"a": 1}, {"a": 2}], Limits(max_rows=1), "too_many_rows"),
    "rows below": (
        {"hosts": [{"name": "a", "vms": [{"x": 1}, {"x": 2}]}]},
        Limits(max_rows=1),
        "too_many_rows",
    ),
    "cell": ([{"a": "xxx"}], Limits(max_cell_chars=2), "cell_too_long"),
    "tables": (EC2, Limits(max_tables=1), "too_many_tables"),
    "text": ('"text"', Limits(), "json"),
}


@pytest.mark.parametrize(("document", "limits", "code"), REFUSED.values(), ids=REFUSED)
def test_limits(document: object, limits: Limits, code: str, upload: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(upload, json.dumps([document] if code == "json" else document).encode(), limits)
    assert caught.value.code == code
