"""Finance KPIs against figures worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.queries import finance_documents, kpi
from tests.data.company_files import take
from tests.data.order_files import take as take_orders

pytestmark = pytest.mark.usefixtures("database")


def value(slug: str, day: str) -> float | None:
    at = date.fromisoformat(day)
    return kpi.value(slug, at, at).value


def reason(slug: str, day: str) -> str:
    at = date.fromisoformat(day)
    figure = kpi.value(slug, at, at)
    assert figure.value is None and figure.reason is not None
    return figure.reason


def ledger_year(
    year: int, revenue: float = 1000, cogs: float = 400, inventory: float = 300
) -> None:
    """The same twelve months of a year: monthly revenue, COGS and closing inventory."""
    lines = ["statement,month,category,amount"]
    for month in range(1, 13):
        day = f"{year}-{month:02d}-01"
        lines += [
            f"profit_and_loss,{day},revenue,{revenue}",
            f"profit_and_loss,{day},cogs,{cogs}",
            f"balance_sheet,{day},inventory,{inventory}",
        ]
    take("ledger", "\n".join(lines))


def test_receivables_are_open_balances_net_of_payments_and_credit_notes() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,kind,issued_on,due_on,total
        A,receivable,invoice,2026-01-05,2026-02-04,1000
        B,receivable,invoice,2026-01-20,2026-02-19,500
        C,receivable,credit_note,2026-01-25,,150
        """,
    )
    take("payments", "payment_id,invoice_id,paid_on,amount\nP,A,2026-01-31,400")
    assert value("receivables", "2026-01-19") == 1000
    assert value("receivables", "2026-01-24") == 1500
    assert value("receivables", "2026-01-25") == 1350
    assert value("receivables", "2026-01-31") == 950


def test_a_credit_note_set_against_an_invoice_leaves_both() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,kind,issued_on,due_on,total
        A,receivable,invoice,2026-01-05,2026-02-04,1000
        C,receivable,credit_note,2026-01-10,,150
        """,
    )
    assert value("receivables", "2026-01-12") == 850
    take("payments", "payment_id,invoice_id,credit_id,paid_on,amount\nP,A,C,2026-01-15,150")
    assert value("receivables", "2026-01-14") == 850
    assert value("receivables", "2026-01-15") == 850
    found = finance_documents.open_documents("receivables", date(2026, 1, 15))
    assert list(zip(found["number"], found["open"], strict=True)) == [(None, 850.0)]


def test_void_documents_count_for_nothing() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,total,status
        A,payable,2026-01-05,1000,open
        B,payable,2026-01-05,99,void
        """,
    )
    assert value("payables", "2026-01-06") == 1000


def test_before_the_first_invoice_there_is_no_figure_but_a_reason() -> None:
    take("invoices", "invoice_id,direction,issued_on,total\nA,payable,2026-01-05,10")
    assert reason("payables", "2026-01-04") == (
        "The payables begin on 2026-01-05; choose a later day."
    )


def test_a_document_converts_at_the_rate_of_its_own_day_for_ever() -> None:
    take("rates", "day,currency,rate\n2026-01-02,EUR,0.80\n2026-02-02,EUR,0.90")
    take(
        "invoices",
        "invoice_id,direction,issued_on,total,currency\nA,receivable,2026-01-05,1000,EUR",
    )
    take("payments", "payment_id,invoice_id,paid_on,amount\nP,A,2026-02-03,250")
    assert value("receivables", "2026-01-05") == 800
    assert value("receivables", "2026-02-03") == 600


def test_a_rate_that_the_document_gives_wins() -> None:
    take("rates", "day,currency,rate\n2026-01-02,EUR,0.80")
    take(
        "invoices",
        "invoice_id,direction,issued_on,total,currency,rate\nA,receivable,2026-01-05,1000,EUR,0.75",
    )
    assert value("receivables", "2026-01-05") == 750


def test_a_missing_rate_is_a_counted_gap() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,total,currency
        A,receivable,2026-01-05,1000,GBP
        B,receivable,2026-01-05,500,USD
        """,
    )
    figure = kpi.value("receivables", date(2026, 1, 6), date(2026, 1, 6))
    assert figure.value == 1000
    assert dict(figure.excluded) == {"documents without an exchange rate": 1}


def test_when_no_document_can_be_converted_there_is_no_figure() -> None:
    take("invoices", "invoice_id,direction,issued_on,total,currency\nB,payable,2026-01-05,5,USD")
    assert reason("payables", "2026-01-06").startswith("1 documents without an exchange rate")


def test_ageing_at_its_borders() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,due_on,total
        today,receivable,2025-10-01,2026-03-01,1
        one,receivable,2025-10-01,2026-02-28,10
        thirty,receivable,2025-10-01,2026-01-30,100
        thirty-one,receivable,2025-10-01,2026-01-29,1000
        sixty,receivable,2025-10-01,2025-12-31,10000
        sixty-one,receivable,2025-10-01,2025-12-30,100000
        ninety,receivable,2025-10-01,2025-12-01,1000000
        ninety-one,receivable,2025-10-01,2025-11-30,10000000
        """,
    )
    day = date(2026, 3, 1)
    found = kpi.series("receivables", day, day, "ageing").set_index("ageing")["value"]
    assert found.to_dict() == {
        "current": 1, "1–30": 110, "31–60": 11_000, "61–90": 1_100_000, "90+": 10_000_000,
    }  # fmt: skip
    assert value("receivables_overdue", "2026-03-01") == 11_111_110
    late = kpi.series("receivables_overdue", day, day, "ageing")
    assert list(late["ageing"]) == ["1–30", "31–60", "61–90", "90+"]


def test_ageing_over_a_leap_day() -> None:
    take(
        "invoices",
        "invoice_id,direction,issued_on,due_on,total\nA,payable,2024-01-01,2024-01-31,7",
    )
    found = finance_documents.open_documents("payables", date(2024, 3, 1))
    assert (int(found["days_overdue"][0]), found["bucket"][0]) == (30, "1–30")
    assert finance_documents.open_documents("payables", date(2024, 3, 2))["bucket"][0] == "31–60"


def test_cash_is_the_newest_balance_of_each_account_at_its_days_rate() -> None:
    take("rates", "day,currency,rate\n2026-01-02,EUR,0.80")
    take(
        "bank",
        """
        account,day,balance,currency
        Main,2026-01-01,1000,GBP
        Main,2026-01-10,700,GBP
        Euro,2026-01-05,500,EUR
        """,
    )
    assert value("cash", "2026-01-04") == 1000
    assert value("cash", "2026-01-05") == 1400
    assert value("cash", "2026-01-10") == 1100
    assert reason("cash", "2025-12-31") == (
        "The bank balances begin on 2026-01-01; choose a later day."
    )


def test_cash_that_nobody_told_of_for_months_is_not_known() -> None:
    take("bank", "account,day,balance\nMain,2026-01-01,1000")
    assert "were not known on 2026-03-31" in reason("cash", "2026-03-31")


def test_cash_of_which_an_account_has_no_rate_is_not_known() -> None:
    take("rates", "day,currency,rate\n2026-01-02,USD,0.80")
    take(
        "bank",
        """
        account,day,balance,currency
        Main,2026-01-01,100,GBP
        Dollar,2026-01-03,900,USD
        Dollar,2026-01-20,500,USD
        """,
    )
    assert value("cash", "2026-01-19") == 820
    assert reason("cash", "2026-01-20") == (
        "The bank balances were not known on 2026-01-20; 1 without an exchange rate: "
        "import the rates with `python manage.py import rates FILE`."
    )
    assert "without an exchange rate" in reason("cash_runway", "2026-01-20")


def test_when_no_balance_can_be_converted_there_is_no_cash() -> None:
    take("bank", "account,day,balance,currency\nDollar,2026-01-01,900,USD")
    assert "1 without an exchange rate" in reason("cash", "2026-01-01")


def test_the_ledgers_year_counts_the_lines_that_it_leaves_out() -> None:
    ledger_year(2025)
    take(
        "ledger",
        "statement,month,category,account,amount,currency\n"
        "profit_and_loss,2025-02-01,revenue,Abroad,70,USD",
    )
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    figure = kpi.value("dso", date(2025, 12, 31), date(2025, 12, 31))
    assert figure.value == pytest.approx(1200 / 12000 * 365)
    assert dict(figure.excluded) == {"ledger lines without an exchange rate": 1}


@pytest.mark.parametrize("month", ["2025-02-01", "2025-12-01"])
def test_a_month_of_the_ledger_without_any_rate_is_not_one_without_revenue(month: str) -> None:
    ledger_year(2025)
    take(
        "ledger",
        f"statement,month,category,amount,currency\nprofit_and_loss,{month},revenue,70,USD",
    )
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    assert reason("dso", "2025-12-31").startswith("1 ledger lines without an exchange rate")


def test_a_balance_sheet_with_a_line_that_has_no_rate_gives_no_ratio() -> None:
    take(
        "ledger",
        """
        statement,month,category,account,amount,currency
        balance_sheet,2026-01-01,cash,Bank,500,GBP
        balance_sheet,2026-01-01,cash,Abroad,500,USD
        balance_sheet,2026-01-01,payables,Creditors,250,GBP
        """,
    )
    for slug in ("working_capital", "current_ratio", "quick_ratio"):
        assert "of 2026-01-31 have no exchange rate" in reason(slug, "2026-01-31")
    assert "without an exchange rate" in reason("cash", "2026-01-31")
    assert value("payables", "2026-01-31") == 250


def test_ageing_does_not_take_what_has_no_rate_for_nothing() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,due_on,total,currency
        A,receivable,2026-01-05,2026-01-10,100,USD
        B,receivable,2026-01-06,2026-03-10,70,USD
        C,receivable,2026-01-07,2026-01-08,30,GBP
        """,
    )
    day = date(2026, 1, 20)
    found = kpi.series("receivables", day, day, "ageing").set_index("ageing")["value"]
    assert found.isna().to_dict() == {
        "current": True, "1–30": False, "31–60": False, "61–90": False, "90+": False,
    }  # fmt: skip
    assert (found["1–30"], found["31–60"]) == (30, 0)
    figure = kpi.value("receivables_overdue", day, day)
    assert (figure.value, dict(figure.excluded)) == (30, {"documents without an exchange rate": 1})
    early = date(2026, 1, 4)
    assert kpi.series("receivables", early, early, "ageing")["value"].isna().all()
    assert "begin on 2026-01-05" in reason("receivables_overdue", "2026-01-04")


def test_when_no_overdue_document_can_be_converted_there_is_no_figure() -> None:
    take(
        "invoices",
        "invoice_id,direction,issued_on,due_on,total,currency\n"
        "A,receivable,2026-01-05,2026-01-10,100,USD",
    )
    assert reason("receivables_overdue", "2026-01-20").startswith(
        "1 documents without an exchange rate"
    )
    assert value("receivables_overdue", "2026-01-06") == 0


def test_dso_is_average_receivables_over_twelve_months_of_revenue() -> None:
    ledger_year(2025)
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    # 1,200 open on every day of 2025; 12 × 1,000 revenue; × 365
    assert value("dso", "2025-12-31") == pytest.approx(1200 / 12000 * 365)


def test_the_average_weighs_each_day() -> None:
    ledger_year(2025)
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,total
        A,receivable,2024-12-31,1200
        B,receivable,2025-12-01,365
        """,
    )
    # B is open on 31 of 365 days
    assert value("dso", "2025-12-31") == pytest.approx((1200 + 365 * 31 / 365) / 12000 * 365)


def test_the_cycle_is_dio_and_dso_less_dpo() -> None:
    ledger_year(2024)
    ledger_year(2025)
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,total
        A,receivable,2024-06-30,1200
        B,payable,2024-06-30,480
        """,
    )
    dio, dso, dpo = 300 / 4800 * 365, 1200 / 12000 * 365, 480 / 4800 * 365
    assert value("dio", "2025-12-31") == pytest.approx(dio)
    assert value("dpo", "2025-12-31") == pytest.approx(dpo)
    assert value("cash_conversion_cycle", "2025-12-31") == pytest.approx(dio + dso - dpo)


def test_the_365_of_the_formula_holds_over_a_leap_year() -> None:
    ledger_year(2024)
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2023-12-31,1200")
    assert value("dso", "2024-12-31") == pytest.approx(36.5)


def test_without_twelve_months_of_balances_there_is_no_average() -> None:
    ledger_year(2025)
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2025-03-01,1200")
    assert reason("dso", "2025-12-31").startswith("The average needs 12 months of receivables")


def test_without_twelve_months_of_revenue_there_is_no_dso() -> None:
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    take("ledger", "statement,month,category,amount\nprofit_and_loss,2025-12-01,revenue,1000")
    assert "12 months of revenue" in reason("dso", "2025-12-31")


def test_without_revenue_there_is_nothing_to_divide_by() -> None:
    ledger_year(2025, revenue=0)
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    assert "to divide by" in reason("dso", "2025-12-31")


def test_the_books_may_lag_two_months_behind() -> None:
    ledger_year(2025)
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    assert value("dso", "2026-02-28") == pytest.approx(36.5)
    assert "not complete" in reason("dso", "2026-03-31")


def test_where_the_ledger_has_no_revenue_the_orders_have(tmp_path: Path) -> None:
    take("invoices", "invoice_id,direction,issued_on,total\nA,receivable,2024-12-31,1200")
    take_orders(
        tmp_path,
        "order_id,ordered_at,sku,quantity,unit_price",
        "1,2024-12-31T12:00,R,1,50",
        "2,2025-01-01T12:00,R,1,7000",
        "3,2025-12-31T12:00,R,1,5000",
    )
    assert value("dso", "2025-12-31") == pytest.approx(1200 / 12000 * 365)


def test_working_capital_and_its_ratios() -> None:
    take(
        "ledger",
        """
        statement,month,category,account,amount
        balance_sheet,2026-01-01,cash,Bank,500
        balance_sheet,2026-01-01,receivables,Debtors,300
        balance_sheet,2026-01-01,inventory,Stock,200
        balance_sheet,2026-01-01,fixed_assets,Plant,9000
        balance_sheet,2026-01-01,payables,Creditors,250
        balance_sheet,2026-01-01,other_current_liabilities,Tax,150
        balance_sheet,2026-01-01,long_term_liabilities,Loan,5000
        """,
    )
    assert value("working_capital", "2026-01-31") == 600
    assert value("current_ratio", "2026-02-15") == 2.5
    assert value("quick_ratio", "2026-02-15") == 2
    assert "no balance sheet by 2026-01-30" in reason("current_ratio", "2026-01-30")
    assert "newest balance sheet" in reason("current_ratio", "2026-06-30")


def test_no_liabilities_give_no_ratio() -> None:
    take("ledger", "statement,month,category,amount\nbalance_sheet,2026-01-01,cash,500")
    assert value("working_capital", "2026-01-31") == 500
    assert "no current liabilities" in reason("current_ratio", "2026-01-31")


def test_runway_is_cash_over_the_mean_burn_of_three_full_months() -> None:
    take(
        "bank",
        """
        account,day,balance
        Main,2025-10-31,1000
        Main,2025-11-30,900
        Main,2025-12-31,950
        Main,2026-01-31,700
        Main,2026-02-15,650
        """,
    )
    # burn (1000 − 700) / 3 = 100 a month; 650 are left on 15 February
    assert value("cash_runway", "2026-02-15") == pytest.approx(6.5)
    assert "3 full months" in reason("cash_runway", "2026-01-15")


def test_a_company_that_burns_nothing_has_no_runway() -> None:
    take("bank", "account,day,balance\nMain,2025-12-31,1\nMain,2026-01-31,1\n"
         "Main,2026-02-28,1\nMain,2026-03-31,5")  # fmt: skip
    assert "nothing is being burnt" in reason("cash_runway", "2026-03-31")


def test_by_month_it_is_the_balance_at_each_months_end() -> None:
    take(
        "invoices",
        """
        invoice_id,direction,issued_on,total
        A,payable,2026-01-05,100
        B,payable,2026-02-28,10
        """,
    )
    found = kpi.series("payables", date(2026, 1, 1), date(2026, 3, 10), "month")
    assert found.to_dict("list") == {
        "month": ["2026-01", "2026-02", "2026-03"],
        "value": [100, 110, 110],
    }


def test_a_period_that_has_not_begun_has_no_figure() -> None:
    assert "yet to come" in reason("cash", "2999-01-01")
