"""A settings file is read whole or refused with every fault and the nearest key."""

import pytest

from salesplan import settings
from salesplan.errors import SettingsError, UnknownNameError


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "salesplan.toml"
    path.write_bytes(text.encode(encoding))
    return path


def test_defaults_without_a_file():
    assert settings.read(None).currency == "EUR"


def test_all_faults_at_once_with_the_nearest_key(tmp_path):
    text = 'curency = "EUR"\nfiscal_year_starts = 13\n[thresholds]\nstaled_days = 3\n'
    with pytest.raises(SettingsError) as error:
        settings.read(write(tmp_path, text))
    message = str(error.value)
    assert "has 3 faults" in message
    assert "Did you mean 'currency'?" in message
    assert "fiscal_year_starts: Input should be less than or equal to 12." in message
    assert "thresholds.staled_days: is no key here. Did you mean 'stalled_days'?" in message


def test_an_unknown_column_names_the_nearest(tmp_path):
    text = '[columns.opportunities]\nstge = "etape"\n'
    with pytest.raises((SettingsError, UnknownNameError), match="Did you mean 'stage'"):
        settings.read(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [("currency = ", "not readable as TOML"), ('currency = "euro"', "currency: ")],
)
def test_broken_files(tmp_path, text, words):
    with pytest.raises(SettingsError, match=words):
        settings.read(write(tmp_path, text))


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(SettingsError, match="does not exist"):
        settings.read(tmp_path / "nothing.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.read(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    assert settings.read(write(tmp_path, 'currency = "CHF"', "utf-8-sig")).currency == "CHF"
