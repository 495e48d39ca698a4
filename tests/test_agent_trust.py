"""What an agent's word is worth."""

import pytest

from discovery.agents.trust import accuracy, weigh


def test_an_unknown_agent_is_right_half_of_the_time() -> None:
    assert accuracy(0, 0, 0, 0) == 0.5


def test_controls_and_people_make_an_agent_credible() -> None:
    assert accuracy(8, 8, 0, 0) == pytest.approx(0.9)
    assert accuracy(0, 8, 0, 0) == pytest.approx(0.1)
    assert accuracy(0, 0, 8, 0) == pytest.approx(0.9)


def test_many_controls_do_not_drown_what_people_said() -> None:
    assert accuracy(10_000, 10_000, 0, 40) == pytest.approx(0.5)
    assert accuracy(500, 1000, 0, 0) == accuracy(20, 40, 0, 0)


def test_the_posterior_sums_up_to_one() -> None:
    after = weigh({"a": 0.5, "b": 0.2, "c": 0.0, "none": 0.3}, "b", 0.8)
    assert sum(after.values()) == pytest.approx(1)
    assert after.keys() == {"a", "b", "c", "none"}


def test_between_two_options_half_right_changes_nothing() -> None:
    after = weigh({"yes": 0.8, "no": 0.2}, "no", 0.5)
    assert after == pytest.approx({"yes": 0.8, "no": 0.2})


def test_a_right_agent_overturns_a_doubt() -> None:
    after = weigh({"yes": 0.6, "no": 0.4}, "no", 0.9)
    assert after["no"] > 0.8


def test_a_bad_agent_speaks_against_what_it_says() -> None:
    after = weigh({"yes": 0.6, "no": 0.4}, "no", 0.1)
    assert after["no"] < 0.4


def test_rules_that_exclude_all_but_one_are_not_certain() -> None:
    after = weigh({"a": 1.0, "b": 0.0, "c": 0.0}, "b", 0.999)
    assert after["b"] > after["a"] > 0


def test_nothing_from_the_rules_leaves_it_to_the_agent() -> None:
    after = weigh({"a": 0.0, "b": 0.0, "c": 0.0}, "b", 0.7)
    assert after["b"] == pytest.approx(0.7)
