"""The settings of the agents: what they mean, and that a wrong one is told in a sentence."""

import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from config import environment
from discovery.agents.money import Budget, Price
from tests.conftest import ROOT

BASE = "https://api.deepinfra.com/v1/openai"


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("", BASE),
        ("http://127.0.0.1:8011/v1/", "http://127.0.0.1:8011/v1"),
        ("https://models.example.com", "https://models.example.com"),
    ],
)
def test_any_address_of_http_is_one(monkeypatch: Any, address: str, read: str):
    monkeypatch.setenv("LLM_BASE_URL", address)
    assert environment.http_address("LLM_BASE_URL", BASE) == read


@pytest.mark.parametrize(
    "address",
    [
        *("models.example.com", "ftp://models.example.com", "https://", "https://a b"),
        "https://user:password@models.example.com/v1",
        "https://models.example.com/v1?key=secret",
    ],
)
def test_what_is_no_address_is_refused(monkeypatch: Any, address: str):
    monkeypatch.setenv("LLM_BASE_URL", address)
    with pytest.raises(ImproperlyConfigured, match="LLM_BASE_URL must be an address such as"):
        environment.http_address("LLM_BASE_URL", BASE)


def test_prices_are_read(monkeypatch: Any):
    monkeypatch.setenv("LLM_PRICES", "org/a=0.10/0.30, org/b-1:free=0/0")
    assert environment.prices("LLM_PRICES") == {
        "org/a": Price(Decimal("0.10"), Decimal("0.30")),
        "org/b-1:free": Price(Decimal(0), Decimal(0)),
    }
    monkeypatch.setenv("LLM_PRICES", "")
    assert environment.prices("LLM_PRICES") == {}


@pytest.mark.parametrize(
    ("prices", "sentence"),
    [
        ("org/a", "must list prices such as org/model=0.10/0.30"),
        ("org/a=0.10", "must list prices such as org/model=0.10/0.30"),
        ("=0.10/0.30", "must list prices such as org/model=0.10/0.30"),
        ("org/a=cheap/0.30", "must hold amounts such as 0.25; 'cheap' is none"),
        ("org/a=-1/0.30", "must hold amounts such as 0.25; '-1' is none"),
        ("org/a=0.10/1e3", "must hold amounts such as 0.25; '1e3' is none"),
        ("org/a=0.10/$3", "must hold amounts such as 0.25"),
    ],
)
def test_what_is_no_price_is_refused(monkeypatch: Any, prices: str, sentence: str):
    monkeypatch.setenv("LLM_PRICES", prices)
    with pytest.raises(ImproperlyConfigured, match=f"LLM_PRICES {sentence}"):
        environment.prices("LLM_PRICES")


def test_budgets_are_read_each_with_its_default(monkeypatch: Any):
    def read() -> Budget:
        return environment.budget("AGENT_FLOW", requests=60, tokens=400_000, seconds=600)

    assert read() == Budget(60, 400_000, 600, None)
    for name, value in {"REQUESTS": "0", "TOKENS": "5", "SECONDS": "7", "COST": "0.25"}.items():
        monkeypatch.setenv(f"AGENT_FLOW_{name}", value)
    assert read() == Budget(0, 5, 7, Decimal("0.25"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REQUESTS", "-1", "AGENT_FLOW_REQUESTS must be a whole number, 0 or more"),
        ("TOKENS", "many", "AGENT_FLOW_TOKENS must be a whole number, 0 or more"),
        ("SECONDS", "1.5", "AGENT_FLOW_SECONDS must be a whole number, 0 or more"),
        ("COST", "5 EUR", "AGENT_FLOW_COST must hold amounts such as 0.25; '5 EUR' is none"),
    ],
)
def test_what_is_no_budget_is_refused(monkeypatch: Any, name: str, value: str, sentence: str):
    monkeypatch.setenv(f"AGENT_FLOW_{name}", value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        environment.budget("AGENT_FLOW", requests=60, tokens=400_000, seconds=600)


@pytest.mark.parametrize(
    "address",
    ["http://x:abc/v1", "http://x:99999/v1", "http://user:secret@x/v1", "http://x/v1?a=b", "x/v1"],
)
def test_what_cannot_be_reached_is_no_address(monkeypatch: Any, address: str):
    monkeypatch.setenv("LLM_BASE_URL", address)
    with pytest.raises(ImproperlyConfigured, match="LLM_BASE_URL must be an address"):
        environment.http_address("LLM_BASE_URL", "https://api.example.com/v1")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:65535/v1",
        "https://llm.example.com",
        "http://[::1]:11434/v1",
        "http://vllm/v1/",
    ],
)
def test_what_can_be_reached_is_an_address(monkeypatch: Any, address: str):
    monkeypatch.setenv("LLM_BASE_URL", address)
    assert environment.http_address("LLM_BASE_URL", "") == address.rstrip("/")


@pytest.mark.parametrize("word", ["clé", "two words", " ", "a\nb", "m" * 201])
def test_what_fits_no_header_and_no_ledger_is_refused(monkeypatch: Any, word: str):
    monkeypatch.setenv("LLM_MODEL", word)
    with pytest.raises(ImproperlyConfigured, match="LLM_MODEL must be one word"):
        environment.word("LLM_MODEL")


def start(**told: str) -> subprocess.CompletedProcess[str]:
    """A process that does nothing but read its settings."""
    command = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"LLM_API_KEY": "k", "LLM_MODEL": "org/a", "AGENT_ACCOUNT_COST": "5"},
            "AGENT_ACCOUNT_COST needs the price of org/a: LLM_PRICES=org/a=0.10/0.30",
        ),
        (
            {"LLM_API_KEY": "k", "LLM_MODEL": "a", "LLM_PRICES": "b=1/1", "AGENT_FLOW_COST": "1"},
            "AGENT_FLOW_COST needs the price of a: LLM_PRICES=a=0.10/0.30",
        ),
        (
            {"AGENT_SHARES": "everything"},
            "AGENT_SHARES must be one of names_and_samples, names, nothing.",
        ),
        ({"AGENT_KEEP_DAYS": "-1"}, "AGENT_KEEP_DAYS must be a whole number, from 0 to 36500."),
        ({"LLM_TIMEOUT": "0"}, "LLM_TIMEOUT must be a whole number, 1 or more."),
        ({"LLM_ANSWER_TOKENS": "x"}, "LLM_ANSWER_TOKENS must be a whole number, 1 or more."),
    ],
    ids=["cost of account", "cost of flow", "shares", "keep", "timeout", "tokens"],
)
def test_a_setting_that_cannot_work_stops_the_start(told: dict[str, str], sentence: str):
    started = start(**told)
    assert started.returncode == 1
    assert sentence in started.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "told",
    [
        {"AGENT_FLOW_COST": "1"},  # without a key nothing is spent
        {
            "LLM_API_KEY": "k",
            "LLM_MODEL": "org/a",
            "LLM_PRICES": "org/a=1/2",
            "AGENT_FLOW_COST": "1",
        },
    ],
    ids=["no key", "price"],
)
def test_a_budget_of_money_starts_where_it_can_be_kept(told: dict[str, str]):
    assert start(**told).returncode == 0


def test_in_containers_the_key_is_the_workers_alone():
    """The others are told whether there is one, which is all that they look at."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    keys = {
        name: service["environment"]["LLM_API_KEY"]
        for name, service in services.items()
        if service.get("image") == "cloud-inventory"
    }
    assert keys == {
        "migrate": "${LLM_API_KEY:+known-to-the-worker}",
        "web": "${LLM_API_KEY:+known-to-the-worker}",
        "worker": "${LLM_API_KEY:-}",
        "beat": "${LLM_API_KEY:+known-to-the-worker}",
    }


def test_what_compose_tells_the_web_of_the_key_lets_it_start(monkeypatch: Any):
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    _, _, told = services["web"]["environment"]["LLM_API_KEY"].partition(":+")
    word = told.rstrip("}")
    assert word
    monkeypatch.setenv("LLM_API_KEY", word)
    assert environment.word("LLM_API_KEY") == word
