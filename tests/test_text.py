"""Every label speaks every language, with the same blanks to fill."""

import re

import pytest

from salesplan import text
from salesplan.formats import LANGUAGES


@pytest.mark.parametrize("key", sorted(text.catalogue()))
def test_each_label_is_in_each_language(key):
    words = text.catalogue()[key]
    assert sorted(words) == sorted(LANGUAGES)
    blanks = {lang: sorted(re.findall(r"{(\w+)", word)) for lang, word in words.items()}
    assert blanks["de"] == blanks["en"] == blanks["fr"]
