"""The exchange rate of a transaction's day, as a piece of SQL."""


def rate(currency: str, day: str) -> str:
    """SQL: company currency for one of `currency` on `day`; the query binds :company.

    The last known rate of that day or the 7 before it; null without one: a gap to count.
    """
    # The company's own currency is not looked up: a call costs more than the row it is for.
    return (
        f"CASE WHEN ({currency})::text = :company THEN 1 "
        f"ELSE fx_rate(({currency})::text, :company, ({day})::date) END"
    )
