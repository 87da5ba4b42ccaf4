"""The data dictionary in data/README.md says what schema.py says."""

from pathlib import Path

from salesplan.loading import dictionary

README = Path(__file__).parent.parent / "data" / "README.md"


def test_the_dictionary_is_current():
    assert README.read_text("utf-8") == dictionary.markdown(), (
        "run: python -m salesplan.loading.dictionary > data/README.md"
    )


def test_it_names_personal_and_required_columns():
    text = dictionary.markdown()
    assert "| email | text | work e-mail; *personal* |" in text
    assert "identifier of the deal; **required** |" in text
