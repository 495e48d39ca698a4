"""The API document is kept in docs/openapi.yaml: a change of the API shows in review."""

from django.core.management import call_command

from tests.conftest import ROOT


def test_the_kept_document_is_the_one_that_the_code_gives(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--fail-on-warn", "--validate", file=str(made))

    assert made.read_text() == (ROOT / "docs" / "openapi.yaml").read_text(), (
        "The API changed. Look at the difference, then keep it: make openapi"
    )
