"""The column mapping: headers, values, units, assignment and what people are told of it."""

import polars as pl
import pytest

from assets.fields import BY_NAME, EDGE_FIELDS, Kind
from discovery.cleaning.vocabulary import FACTORS
from discovery.mapping import ColumnMapping, Grain, TableMapping, aliases, map_tables
from discovery.mapping.header import parse
from discovery.mapping.knowledge import knowledge
from discovery.mapping.values import profile
from discovery.mapping.vocabulary import concepts_of_word

VM = "virtual_machine"
FIELD_NAMES = {*BY_NAME, *(edge.name for edge in EDGE_FIELDS)}


def table(name: str = "", /, **columns: list[str | None]) -> TableMapping:
    frame = pl.DataFrame({key: pl.Series(cells, dtype=pl.String) for key, cells in columns.items()})
    return map_tables([(name, frame)])[0]


def headers(*names: str, table: str = "") -> TableMapping:
    return map_tables([(table, pl.DataFrame(schema=dict.fromkeys(names, pl.String)))])[0]


def targets(mapping: TableMapping) -> dict[str, str | None]:
    return {column.source_field: column.target for column in mapping.columns}


def column(mapping: TableMapping, name: str) -> ColumnMapping:
    return next(column for column in mapping.columns if column.source_field == name)


@pytest.mark.parametrize(
    ("header", "words", "unit"),
    [
        ("VM", ("vm",), None),
        ("vCPUs", ("vcpu",), None),
        ("# CPU", ("number", "cpu"), None),
        ("OSname", ("os", "name"), None),
        ("IPv4Address", ("ip", "address"), None),
        ("serialnumber", ("serial", "number"), None),
        ("Total disk capacity MiB", ("total", "disk", "capacity"), "MiB"),
        ("RAM.TotalSizeInMB", ("memory", "total", "size"), "MiB"),
        ("Disk 1 read throughput (MB per second)", ("disk", "read", "throughput"), "MB/s"),
        ("Free % ", ("free", "percent"), "percent"),
        ("Arbeitsspeichergröße (GB)", ("memory", "size"), "GiB"),
        ("Mémoire (Go)", ("memory",), "GiB"),
        ("サーバ名", ("server", "name"), None),
        ("服务器名称", ("server", "name"), None),
        ("Enviroment", ("environment",), None),
        ("", (), None),
        ("---", (), None),
    ],
)
def test_a_header_is_taken_apart(header: str, words: tuple[str, ...], unit: str | None) -> None:
    parsed = parse(header)
    assert (parsed.words, parsed.unit) == (words, unit)


def test_a_misspelling_is_told() -> None:
    assert parse("Manufaturer").words == ("manufacturer",)
    assert parse("Manufaturer").repaired
    assert not parse("Manufacturer").repaired


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["10.1.2.3", "10.0.0.1, 10.0.0.2", '["10.1.1.1","fe80::1"]'], "address"),
        (["fe80::1", "2001:db8::1"], "ipv6"),
        (["00:50:56:aa:00:01", "0050.56aa.0001"], "mac"),
        (["2024-01-31 10:00", "31.01.2024", "Jan 5, 2021 10:24:08 MST"], "datetime"),
        (["Microsoft Windows Server 2016 (64-bit)", "Red Hat Enterprise Linux 8", "rhel7"], "os"),
        (["m5.large", "Standard_D2s_v3", "n1-standard-4"], "instance_type"),
        (["Intel(R) Xeon(R) CPU E5-2680 0 @ 2.70GHz"], "cpu_model"),
        (["Oracle 12c", "Microsoft SQL Server 2016", "PostgreSQL 14"], "database"),
        (["linux-web-01", "oracle-web-7"], "word"),
        (["web1.corp.example"], "fqdn"),
    ],
)
def test_values_are_recognised(values: list[str], pattern: str) -> None:
    assert profile(pl.Series(values)).share(pattern) == 1


def test_null_words_are_no_values() -> None:
    assert profile(pl.Series(["N/A", "unknown", "-", None])).looked_at == 0


def test_a_plain_api_table_is_mapped() -> None:
    mapping = table(
        name=["Server1", "db1", "app"],
        type=["server", "database", "application"],
        env=["prod", "dev", "prod"],
    )
    assert mapping.grain is Grain.ASSET
    assert mapping.asset_type is None
    assert targets(mapping) == {"name": "name", "type": "asset_type", "env": "environment"}


@pytest.mark.parametrize(
    "names",
    [
        ("Servername", "IP-Adresse", "Betriebssystem", "Arbeitsspeicher (GB)", "Standort"),
        ("Nom du serveur", "Adresse IP", "Système d'exploitation", "Mémoire (Go)", "Site"),
        ("Nombre", "Dirección IP", "Sistema Operativo", "Memoria RAM", "Ubicación"),
        ("Nome do Servidor", "IP", "Sistema Operacional", "Memória (GB)", "Localidade"),
        ("サーバ名", "IPアドレス", "OS", "メモリ(GB)", "設置場所"),
        ("服务器名称", "IP地址", "操作系统", "内存(GB)", "机房"),
    ],
)
def test_other_languages_are_understood(names: tuple[str, ...]) -> None:
    wanted = ["name", "ip_address", "operating_system", "memory_gb", "location"]
    assert list(targets(headers(*names)).values()) == wanted


def test_values_speak_where_headers_do_not() -> None:
    mapping = table(
        a=["10.0.0.1", "10.0.0.2"],
        b=["Windows Server 2019", "Ubuntu 20.04"],
        c=["00:50:56:11:22:33", "00:50:56:11:22:34"],
        d=["Production", "Test"],
    )
    wanted = ["ip_address", "operating_system", "mac_address", "environment"]
    assert list(targets(mapping).values()) == wanted


def test_values_can_deny_a_header() -> None:
    mapping = table(Server=["a", "b"], IP=["yes", "no"], Memory=["Dell", "HPE"])
    assert targets(mapping) == {"Server": "name", "IP": None, "Memory": None}


def test_a_field_goes_to_one_column() -> None:
    mapping = headers("Name", "OS", "Operating system", "Order date", "Purchase date")
    assert targets(mapping) == {
        "Name": "name",
        "OS": "operating_system",
        "Operating system": None,
        "Order date": None,
        "Purchase date": "purchase_date",
    }
    evidence = column(mapping, "Operating system").evidence
    assert evidence[0] == 'operating_system goes to the column "OS", which fits it better'


def test_lists_and_addresses_take_several_columns() -> None:
    mapping = headers("VM", "IPv4 Address", "IPv6 Address", "Tags", "Labels")
    assert [column.target for column in mapping.columns[1:]] == [
        "ip_address",
        "ip_address",
        "tags",
        "tags",
    ]


def test_the_host_of_a_machine_is_no_name() -> None:
    assert targets(headers("VM", "Host", "CPUs")) == {
        "VM": "name",
        "Host": "virtualization_host",
        "CPUs": "cpu_cores",
    }
    assert targets(headers("Host", "# CPU", "# Cores", table="vHost")) == {
        "Host": "name",
        "# CPU": "cpu_sockets",
        "# Cores": "cpu_cores",
    }


def test_an_application_is_named_by_its_list_and_names_what_it_needs() -> None:
    mapping = headers("Application Name", "Business Owner", "RTO (h)", "Servers")
    assert mapping.asset_type == "application"
    assert list(targets(mapping).values()) == ["name", "business_owner", "rto_hours", "depends_on"]
    listed = headers("Server Name", "Application Name", "CPU", "RAM", "OS")
    assert listed.asset_type == "server"
    assert targets(listed)["Application Name"] == "application_name"


def test_what_is_free_or_a_peak_has_no_field() -> None:
    mapping = headers("Server", "Free % ", "Max CPU %", "Avg CPU %", "NICs", "Boot time")
    assert list(targets(mapping).values()) == [
        "name",
        None,
        None,
        "cpu_utilization_percent",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("header", "values", "target", "unit"),
    [
        ("Memory", ["4096", "16384", "65536"], "memory_gb", "MiB"),
        ("Memory", ["4", "16", "64"], "memory_gb", None),
        ("Memory", ["4194304", "16777216"], "memory_gb", "KiB"),
        ("Total memory", ["4191868", "2097010"], "memory_gb", "MiB"),
        ("Memory", ["17179869184"], "memory_gb", "bytes"),
        ("RAM (GB)", ["4", "16"], "memory_gb", "GiB"),
        ("CPU usage %", ["0.25", "0.75"], "cpu_utilization_percent", "fraction"),
        ("CPU usage %", ["25", "75"], "cpu_utilization_percent", None),
        ("Annual cost", ["1200"], "monthly_cost", "year"),
        ("Disk read (MBPS)", ["1.5"], "disk_throughput_mbps", "MB/s"),
        ("Network in (Mbps)", ["1.5"], "network_mbps", "Mbit/s"),
        ("RTO (min)", ["60"], "rto_hours", "minutes"),
    ],
)
def test_the_unit_of_the_source(
    header: str, values: list[str], target: str, unit: str | None
) -> None:
    mapping = table(**{"Server": [f"srv{n}" for n, _ in enumerate(values)], header: values})
    found = column(mapping, header)
    assert (found.target, found.unit) == (target, unit)


def test_evidence_is_what_a_consultant_would_say() -> None:
    memory = column(table(VM=["a", "b"], Memory=["1024", "65536"]), "Memory")
    assert '"Memory" is an alias of memory_gb' in memory.evidence
    assert "values 1024-65536 in steps of 1024 look like MiB" in memory.evidence
    assert memory.sample_values == ("1024", "65536")


def test_a_doubtful_column_tells_the_best_guess() -> None:
    doubtful = column(table(Server=["a", "b"], IP=["yes", "no"]), "IP")
    assert doubtful.target is None
    assert doubtful.evidence[0].startswith("not sure enough: the best guess is ip_address (")
    assert doubtful.evidence[-1] == ("all values look like yes/no values, which speaks against it")


def test_what_is_known_to_have_no_field_is_told_so() -> None:
    boot = column(headers("Server", "Boot time"), "Boot time")
    assert boot.evidence == ('"Boot time" is known to have no canonical field',)


def test_evidence_names_the_kind_of_table_that_a_name_means_something_in() -> None:
    machine, host = headers("VM", "Host").columns
    assert machine.evidence[0] == '"VM" means name in a table of virtual machines'
    assert host.evidence[0] == '"Host" means virtualization_host in a table of virtual machines'


def test_evidence_says_where_a_header_is_the_field_itself_or_tells_nothing() -> None:
    mapping = headers("hostname", "Asset Tag", "xyzzy")
    assert [column.evidence[0] for column in mapping.columns] == [
        '"hostname" is the name of the field',
        '"Asset Tag" is the name of the field',
        "the name points at no canonical field, and there are no values to look at",
    ]


def test_confidence_is_computed_from_evidence() -> None:
    sure = column(table(Server=["a", "b"], IP=["10.0.0.1", "10.0.0.2"]), "IP")
    unseen = column(headers("Server", "IP"), "IP")
    only_values = column(table(Server=["a", "b"], x=["10.0.0.1", "10.0.0.2"]), "x")
    assert 0.5 < only_values.confidence < sure.confidence < 1
    assert 0.5 < unseen.confidence < sure.confidence


def test_at_most_five_samples_each_once() -> None:
    found = column(table(Server=[*"aabbccddeeff", None]), "Server")
    assert found.sample_values == ("a", "b", "c", "d", "e")


def test_odd_tables_are_survived() -> None:
    frames = [
        pl.DataFrame(),
        pl.DataFrame({"__row__": pl.Series([1], dtype=pl.Int64), " ": pl.Series(["x"])}),
        pl.DataFrame({"!!!": pl.Series([None], dtype=pl.String), "x" * 5000: ["y" * 5000]}),
    ]
    mapped = map_tables([("odd", frame) for frame in frames])
    assert [len(mapping.columns) for mapping in mapped] == [0, 1, 2]
    assert {column.target for mapping in mapped for column in mapping.columns} == {None}


def test_the_same_table_is_mapped_the_same_way_twice() -> None:
    names = ("Host", "Name", "Type", "Owner", "Contact", "Version", "Status", "State", "Size")
    assert headers(*names) == headers(*names)


def test_aliases_name_fields_of_the_catalogue() -> None:
    named = {alias.field for alias in aliases._all()}
    assert named - FIELD_NAMES == {aliases.NONE}
    # The sides of a connection are worked out by grammar; further addresses overflow.
    grammar = {"edge.source_ip", "edge.target_ip", "ip_addresses", "mac_addresses"}
    assert FIELD_NAMES - named == grammar


def test_no_alias_names_two_fields() -> None:
    """But for disk reads a second, which their unit makes operations or throughput."""
    fields: dict[frozenset[str], set[str]] = {}
    for alias in aliases._all():
        if alias.context is None and not alias.weak:
            fields.setdefault(alias.words, set()).add(alias.field)
    shared = [names for names in fields.values() if len(names) > 1]
    assert shared == [{"disk_iops", "disk_throughput_mbps"}] * 2


def test_expectations_speak_of_patterns_and_fields_that_exist() -> None:
    data = knowledge("patterns")
    patterns = {entry["name"] for entry in (*data["pattern"], *data["products"])}
    assert data["expect"].keys() <= FIELD_NAMES
    for expected in data["expect"].values():
        named = [*expected.get("good", ()), *expected.get("bad", ()), *expected.get("neutral", ())]
        assert set(named) <= patterns | {"text"}


def test_cleaning_can_convert_every_unit_that_is_found() -> None:
    data = knowledge("units")
    for field, units in data["fields"].items():
        if BY_NAME[field].kind is not Kind.MONEY:
            spoken = {data["disks"].get(unit, unit) for unit in units} if "disk" in field else units
            known = {unit.lower() for unit in FACTORS[BY_NAME[field].unit or ""]}
            assert {unit.lower() for unit in spoken} <= known
    assert {*data["periods"].values()} <= FACTORS["currency/month"].keys()


@pytest.mark.parametrize(
    ("name", "columns", "grain", "asset_type"),
    [
        ("", ("id", "name"), Grain.REFERENCE, None),
        ("", ("name", "type", "env"), Grain.ASSET, None),
        ("", ("VM",), Grain.ASSET, VM),
        ("", ("ComputerName",), Grain.ASSET, None),
        ("", ("hostname",), Grain.ASSET, None),
        ("", ("server_name",), Grain.ASSET, "server"),
        ("", ("Application Name",), Grain.ASSET, "application"),
        ("", ("IP address", "OS", "MAC address"), Grain.ASSET, None),
        ("", ("VM Name", "Disk Label", "Capacity (GB)"), Grain.DISK, None),
        ("", ("Server", "Partition", "Disk", "Size", "Used"), Grain.PARTITION, None),
        ("", ("VM", "NIC label", "Mac Address", "Network"), Grain.NIC, None),
        ("", ("Server", "Key", "Value"), Grain.TAG, None),
        ("", ("Timestamp", "Server", "CPU %", "Memory %"), Grain.SAMPLE, None),
        ("", ("Server", "Avg CPU %", "Peak CPU %", "Avg Mem %"), Grain.ASSET, "server"),
        ("", ("Host", "CVE", "Severity", "Solution"), Grain.FINDING, None),
        ("", ("Source", "Destination", "Port"), Grain.CONNECTION, None),
        ("", ("parent", "type", "child"), Grain.RELATION, None),
        ("", ("parent", "child", "port"), Grain.CONNECTION, None),
        ("", ("Source", "Target", "Last seen"), Grain.RELATION, None),
        ("", ("src_ip", "dst_ip", "dst_port", "proto"), Grain.CONNECTION, None),
        ("", ("Source Hostname", "Target Hostname", "CPU", "RAM"), Grain.ASSET, None),
        ("", ("Site", "Address", "City"), Grain.REFERENCE, None),
        ("databases", ("name", "engine", "server"), Grain.ASSET, "database"),
        ("racks", ("name", "location", "status"), Grain.REFERENCE, None),
    ],
)
def test_what_a_row_is(
    name: str, columns: tuple[str, ...], grain: Grain, asset_type: str | None
) -> None:
    mapping = headers(*columns, table=name)
    assert (mapping.grain, mapping.asset_type) == (grain, asset_type)


def test_a_table_that_says_nothing_of_assets_tells_the_remedy() -> None:
    evidence = headers("id", "name").grain_evidence
    assert evidence[0].startswith("no column describes an asset; add one (type, address,")
    nameless = headers("cost", "period").grain_evidence
    assert nameless[0] == "no column names an asset; call the one that does Name"


def test_a_role_does_not_change_what_the_name_column_says_the_rows_are():
    servers = pl.DataFrame(
        {
            "server_name": ["a", "b", "c"],
            "Role": ["database", "application", "database"],
            "IP Address": ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
        }
    )
    (table,) = map_tables([("list", servers)])
    assert table.asset_type == "server"
    assert "asset_type" not in {column.target for column in table.columns}

    machines = servers.with_columns(Role=pl.Series(["VM", "server", "VM"]))
    (table,) = map_tables([("list", machines)])
    assert "asset_type" in {column.target for column in table.columns}


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("Srvr Nm", "name"),
        ("Protcl", None),
        ("Mdl", "model"),
        ("Rmks", "description"),
        ("Wrnty End Dt", "warranty_end_date"),
        ("Ownr Dept", "department"),
    ],
)
def test_words_are_known_without_their_vowels(header: str, target: str | None):
    assert headers(header, "IP", "RAM GB").columns[0].target == target


def test_a_word_that_may_be_short_for_several_is_left_alone():
    assert concepts_of_word("rsc") == (("rsc",), False)  # resource, research ...
    assert concepts_of_word("wrkld") == (("workload",), True)


@pytest.mark.parametrize("header", ["Hostname", "Name", "Server"])
def test_machines_may_be_called_after_their_operating_system(header: str):
    named = table(**{header: ["linux1", "windows1", "linux2"], "OS": ["Ubuntu", "Windows", "RHEL"]})
    assert column(named, header).target in {"name", "hostname"}
