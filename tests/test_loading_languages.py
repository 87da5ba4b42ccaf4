"""Exports in Spanish, Dutch, Italian and Portuguese: their headers, words, dates and numbers."""

from __future__ import annotations

from itertools import combinations

import pytest
from babel.dates import get_month_names

import salesplan as sp
from salesplan.exports import profiles
from salesplan.exports.names import fold
from salesplan.loading import dates, words

SPANISH = """\
Nº;Oportunidad;Empresa;Comercial;Etapa;Importe;Probabilidad;Fecha de creación;Fecha de cierre
1;Aceite;Bodegas Ruiz;Lucía;Cerrada ganada;1.234,50 €;100 %;15 de enero de 2026;3 mar 2026
2;Vino;Bodegas Ruiz;Lucía;Negociación;800,00 €;60 %;20 de febrero de 2026;30 dic 2026
3;Queso;(Sin valor);Iván;Cierre perdido;99,90 €;0 %;1 abr 2026;15 de mayo de 2026
"""
DUTCH = """\
Dealnummer;Verkoopkans;Klant;Verkoper;Verkoopfase;Bedrag;Kans (%);Aangemaakt op;Sluitingsdatum
1;Kaas;Jansen BV;Sanne;Gesloten en gewonnen;€ 1.234,50;100;15 januari 2026;3 mrt 2026
2;Melk;Jansen BV;Sanne;Offerte verstuurd;€ 800,00;60;20 februari 2026;30 dec 2026
3;Brood;n.v.t.;Daan;Gesloten en verloren;€ 99,90;0;1 apr 2026;15 mei 2026
"""
ITALIAN = """\
Codice;Trattativa;Azienda;Venditore;Fase;Importo;Probabilità;Creato il;Data di chiusura
1;Olio;Rossi Srl;Anna;Chiusa vinta;€ 1.234,50;100%;15 gennaio 2026;3 mar 2026
2;Vino;Rossi Srl;Anna;Preventivo inviato;€ 800,00;60%;20 febbraio 2026;30 dic 2026
3;Pane;(vuoto);Luca;Persa;€ 99,90;0%;1 apr 2026;15 maggio 2026
"""
PORTUGUESE = """\
Número;Oportunidade;Conta;Vendedor;Etapa;Valor;Probabilidade;Criado em;Data de fechamento
1;Azeite;Lima Ltda;Rui;Fechado ganho;R$ 1.234,50;100%;15 de janeiro de 2026;3 mar 2026
2;Vinho;Lima Ltda;Rui;Proposta enviada;R$ 800,00;60%;20 de fevereiro de 2026;30 dez 2026
3;Pão;(Sem valor);Ana;Fechado perdido;R$ 99,90;0%;1 abr 2026;15 de maio de 2026
"""
LISTS = {"es": SPANISH, "nl": DUTCH, "it": ITALIAN, "pt": PORTUGUESE}


@pytest.mark.parametrize("language", LISTS)
def test_a_list_of_deals_is_read_in_its_language(language, tmp_path):
    (tmp_path / "export.csv").write_text(LISTS[language], encoding="utf-8")
    crm = sp.load(tmp_path)
    deals = crm.table("opportunities").sort_values("amount", ascending=False)
    assert deals["amount"].tolist() == [1234.5, 800, 99.9]
    assert deals["status"].tolist() == ["won", "open", "lost"]
    assert deals["probability"].tolist() == [1, 0.6, 0]
    assert deals["created_on"].astype("str").tolist() == ["2026-01-15", "2026-02-20", "2026-04-01"]
    closed = deals["closed_on"].dropna().astype("str").tolist()
    assert closed == ["2026-03-03", "2026-05-15"]
    assert str(deals["expected_close_on"].iloc[1].date()) == "2026-12-30"
    assert deals["owner_id"].notna().all()
    assert deals["account_id"].isna().tolist() == [False, False, True]
    assert crm.quarantine.empty
    assert "unknown_stage" not in set(crm.issues["rule"])


@pytest.mark.parametrize("locale", dates.LOCALES)
def test_every_name_of_a_month_is_known(locale):
    known = dates._months()
    for width in ("wide", "abbreviated"):
        for number, name in get_month_names(width, locale=locale).items():
            word = "".join(c for c in fold(name) if c.isalpha())
            assert known[word] == number


def test_yes_is_never_no():
    assert not {fold(w) for w in words._YES} & {fold(w) for w in words._NO}


@pytest.mark.parametrize("name", sorted(profiles()))
def test_a_word_means_one_thing_in_all_languages(name):
    for export in profiles()[name].exports.values():
        for values in export.values.values():
            meant = {value: {fold(word) for word in said} for value, said in values.items()}
            for one, other in combinations(meant, 2):
                assert not meant[one] & meant[other]
