"""Finance KPIs, computed from invoices, bank balances and the ledger's months."""

from __future__ import annotations

from config.catalogue.shape import Bounds, Direction, Kpi

_TIME = ("day", "week", "month")


def _finance(
    slug: str,
    title: str,
    unit: str,
    direction: Direction,
    formula: str,
    source: str,
    bounds: Bounds = Bounds(),  # noqa: B008
    by: tuple[str, ...] = _TIME,
) -> Kpi:
    return Kpi(slug, title, "finance", unit, direction, formula, source, "day", False, by, bounds)


_AGEING = "by days overdue: current, 1–30, 31–60, 61–90, 90+"

KPIS = (
    _finance("receivables", "Receivables", "currency", "neutral",
             "Open balances of receivable invoices net of credit notes, on the last day",
             "invoices", by=(*_TIME, "ageing")),
    _finance("payables", "Payables", "currency", "neutral",
             "Open balances of payable invoices net of credit notes, on the last day",
             "invoices", by=(*_TIME, "ageing")),
    _finance("cash", "Cash", "currency", "higher", "Bank balances on the last day",
             "bank balances"),
    _finance("dso", "Days sales outstanding", "days", "lower",
             "Average receivables / trailing-12-month revenue × 365", "invoices, ledger",
             Bounds(target=35)),
    _finance("dio", "Days inventory outstanding", "days", "lower",
             "Average inventory / trailing-12-month COGS × 365", "ledger", Bounds(target=45)),
    _finance("dpo", "Days payables outstanding", "days", "higher",
             "Average payables / trailing-12-month COGS × 365", "invoices, ledger",
             Bounds(target=30)),
    _finance("cash_conversion_cycle", "Cash conversion cycle", "days", "lower",
             "DIO + DSO − DPO", "invoices, ledger", Bounds(target=55, warning=65, critical=75)),
    _finance("working_capital", "Working capital", "currency", "higher",
             "Current assets − current liabilities", "ledger"),
    _finance("current_ratio", "Current ratio", "ratio", "higher",
             "Current assets / current liabilities", "ledger"),
    _finance("quick_ratio", "Quick ratio", "ratio", "higher",
             "(Current assets − inventory) / current liabilities", "ledger"),
    _finance("cash_runway", "Cash runway", "months", "higher",
             "Cash / mean net burn of the last 3 full months", "bank balances, ledger",
             Bounds(warning=3, critical=1.5)),
    _finance("receivables_overdue", "Receivables overdue", "currency", "lower",
             f"Open balance of receivables past their due date, {_AGEING}", "invoices",
             by=("ageing",)),
    _finance("payables_overdue", "Payables overdue", "currency", "lower",
             f"Open balance of payables past their due date, {_AGEING}", "invoices",
             by=("ageing",)),
)  # fmt: skip
