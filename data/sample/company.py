"""What the sample company is: its products, regions, channels, lines, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

SEED = 20_240_229
YEARS = 3
BOUGHT = -1


@dataclass(frozen=True)
class Product:
    """Something it makes. Money in pounds; `share` of demand; `line` that makes it, or BOUGHT."""

    sku: str
    title: str
    price: float
    cost: float
    share: float
    line: int
    lead_time: int
    shelf_life: int


@dataclass(frozen=True)
class Region:
    """Where it sells: one currency, one warehouse."""

    code: str
    currency: str
    countries: tuple[str, ...]
    share: float
    price_factor: float
    tax: float


@dataclass(frozen=True)
class Channel:
    """How it sells. `weekdays`: Monday first; `days_to_pay`: what its statements allow."""

    name: str
    share: float
    growth: float
    weekdays: tuple[float, ...]
    discount: float
    shipping: float
    fee: float
    lines_per_order: float
    largest_quantity: int
    accounts: int
    days_to_pay: int
    peak_hour: float


PRODUCTS = (
    Product("RED-700", "Red 70 cl", 28.00, 8.60, 0.21, 0, 14, 720),
    Product("GOLD-700", "Gold 70 cl", 29.00, 9.10, 0.17, 1, 14, 720),
    Product("BLACK-700", "Black 70 cl", 29.00, 9.30, 0.13, 2, 14, 720),
    Product("RED-200", "Red 20 cl", 11.00, 3.40, 0.12, 0, 14, 540),
    Product("GOLD-200", "Gold 20 cl", 11.50, 3.50, 0.10, 1, 14, 540),
    Product("BLACK-200", "Black 20 cl", 11.50, 3.60, 0.08, 2, 14, 540),
    Product("SPRITZ-4", "Spritz can 4-pack", 13.00, 4.70, 0.11, 3, 10, 270),
    Product("TONIC-12", "Tonic mixer 12-pack", 16.00, 6.10, 0.06, BOUGHT, 10, 240),
    Product("GIFT-3", "Gift box of three", 42.00, 15.80, 0.02, 3, 21, 255),
)
REGIONS = (
    Region("UK", "GBP", ("GB",), 0.52, 1.00, 0.20),
    Region("EU", "EUR", ("DE", "FR", "NL", "IE"), 0.30, 1.20, 0.19),
    Region("US", "USD", ("US",), 0.18, 1.35, 0.00),
)
_EVEN = (1.0, 0.95, 0.95, 1.0, 1.15, 1.25, 1.2)
_OFFICE = (1.5, 1.4, 1.3, 1.3, 1.2, 0.15, 0.1)
CHANNELS = (
    Channel("Own shop", 0.34, 0.22, _EVEN, 0.00, 4.95, 0.029, 1.7, 3, 0, 3, 20.0),
    Channel("Amazon", 0.30, 0.35, _EVEN, 0.00, 0.00, 0.150, 1.3, 2, 0, 14, 19.0),
    Channel("Marketplace", 0.14, 0.10, _EVEN, 0.05, 2.95, 0.090, 1.3, 2, 0, 14, 21.0),
    Channel("Wholesale", 0.14, 0.12, _OFFICE, 0.38, 0.00, 0.000, 3.2, 24, 36, 30, 10.0),
    Channel("Retail partners", 0.08, 0.18, _OFFICE, 0.32, 0.00, 0.000, 2.6, 12, 14, 45, 11.0),
)
LINES = ("Line 1", "Line 2", "Line 3", "Line 4")


@dataclass(frozen=True)
class Calendar:
    """The days it covers, up to yesterday, and when its stories happen."""

    today: date

    @property
    def first(self) -> date:
        """Three years before today; 29 February becomes 28."""
        year = self.today.year - YEARS
        day = min(self.today.day, 28) if self.today.month == 2 else self.today.day
        return date(year, self.today.month, day)

    @property
    def last(self) -> date:
        """Yesterday."""
        return self.today - timedelta(1)

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def index(self, days_ago: int) -> int:
        """Index of the day that many days before today."""
        return self.count - days_ago

    # The Marketplace channel loses most of its sales within three weeks.
    @property
    def collapse(self) -> int:
        """Day on which the channel begins to collapse."""
        return self.index(75)

    # Glass becomes dearer: what the 70 cl bottles cost rises by 18 %.
    @property
    def cost_rise(self) -> date:
        """First day of the higher cost, a first of month."""
        month = self.today.year * 12 + self.today.month - 1 - 7
        return date(month // 12, month % 12 + 1, 1)

    # Line 3 breaks down for six days, and BLACK-700 runs out everywhere soon after.
    @property
    def breakdown(self) -> range:
        """Days on which line 3 stands."""
        return range(self.index(54), self.index(48))

    @property
    def stock_out(self) -> range:
        """Days on which there is no BLACK-700."""
        return range(self.index(46), self.index(28))

    # Line 2 makes far too much GOLD-200.
    @property
    def overmade(self) -> range:
        """Days on which too much is made."""
        return range(self.index(44), self.index(40))

    @property
    def dead(self) -> int:
        """From this day on nobody buys the gift box."""
        return self.index(230)


COST_RISE = 1.18
DEARER = (0, 1, 2)
COLLAPSED_CHANNEL = 2
OUT_PRODUCT = 2
DEAD_PRODUCT = 8
BROKEN_LINE = 2
LATE_PAYER = 3
OVERMADE_PRODUCT = 4
