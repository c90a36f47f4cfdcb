"""SP-API as Amazon's models describe it: orders 2026-01-01, order metrics, FBA inventory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.data.integrations.fake import Answer, Asked, Fake

UK, DE = "A1F83G8C2ARO7P", "A1PA6795UKMFR9"


def money(amount: str, currency: str = "GBP") -> dict[str, str]:
    return {"amount": amount, "currencyCode": currency}


def item(number: str, sku: str, quantity: int, *parts: tuple[str, str], **changes: Any) -> Any:
    made: dict[str, Any] = {
        "orderItemId": number,
        "quantityOrdered": quantity,
        "product": {"asin": f"B0{sku}", "sellerSku": sku, "title": sku},
    }
    if parts:
        made["proceeds"] = {
            "proceedsTotal": money(str(sum(float(amount) for _, amount in parts))),
            "breakdowns": [{"type": kind, "subtotal": money(amount)} for kind, amount in parts],
        }
    return made | changes


def order(number: str, created: str, items: list[Any], **changes: Any) -> dict[str, Any]:
    made = {
        "orderId": number,
        "createdTime": created,
        "lastUpdatedTime": created,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": UK},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "fulfilledBy": "AMAZON",
            "deliverByWindow": {"latestDateTime": "2026-11-05T20:00:00Z"},
        },
        "orderItems": items,
    }
    return made | changes


def part(kind: str, amount: str, *parts: Any, currency: str = "GBP") -> dict[str, Any]:
    """A breakdown: money is a number here, and its parts are of the same form."""
    value = {"currencyAmount": float(amount), "currencyCode": currency}
    return {"breakdownType": kind, "breakdownAmount": value, "breakdowns": list(parts)}


def transaction(
    number: str, of: str, kind: str, posted: str, items: dict[str, list[Any]], **related: str
) -> dict[str, Any]:
    """A transaction of an order; `items` are breakdowns by SKU."""
    total = sum(p["breakdownAmount"]["currencyAmount"] for some in items.values() for p in some)
    names = {"ORDER_ID": of} | related
    return {
        "sellingPartnerMetadata": {"sellingPartnerId": "S", "marketplaceId": UK},
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value}
            for name, value in names.items()
        ],
        "transactionType": kind,
        "transactionId": number,
        "transactionStatus": "RELEASED",
        "description": "Order Payment",
        "postedDate": posted,
        "totalAmount": {"currencyAmount": total, "currencyCode": "GBP"},
        "items": [
            {
                "description": sku,
                "breakdowns": some,
                "contexts": [{"contextType": "ProductContext", "asin": "B0", "sku": sku}],
            }
            for sku, some in items.items()
        ],
    }


@dataclass
class Account:
    orders: list[Any] = field(default_factory=list)
    metrics: dict[str, list[Any]] = field(default_factory=dict)
    stock: dict[str, list[Any]] = field(default_factory=dict)
    places: list[str] = field(default_factory=lambda: [UK])
    page: int = 100
    rate: str = "0.0056"
    expired_pages: bool = False
    money: list[Any] | None = None
    money_page: int = 100


class FakeAmazon(Fake):
    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account
        self.tokens: set[str] = set()
        self.issued = 0

    def respond(self, asked: Asked) -> Answer:
        if asked.path == "/auth/o2/token":
            return self._token(asked)
        if asked.headers.get("x-amz-access-token") not in self.tokens:
            return _error(403, "Unauthorized", "The access token you provided has expired.")
        if "x-amz-date" not in asked.headers or "user-agent" not in asked.headers:
            return _error(400, "InvalidInput", "headers")
        routes = {
            "/orders/2026-01-01/orders": self._orders,
            "/sales/v1/orderMetrics": self._metrics,
            "/fba/inventory/v1/summaries": self._stock,
            "/finances/2024-06-19/transactions": self._money,
            "/sellers/v1/marketplaceParticipations": self._places,
        }
        if asked.path not in routes:
            return _error(404, "NotFound", asked.path)
        answer = routes[asked.path](asked)
        answer.headers["x-amzn-RateLimit-Limit"] = self.account.rate
        return answer

    def _token(self, asked: Asked) -> Answer:
        form = asked.form
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != "Atzr|good":
            return Answer(400, {"error": "invalid_grant"})
        self.issued += 1
        token = f"Atza|{self.issued}"
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "expires_in": 3600, "token_type": "bearer"})

    def _orders(self, asked: Asked) -> Answer:
        query = asked.query
        if ("createdAfter" in query) == ("lastUpdatedAfter" in query):
            return _error(400, "InvalidInput", "exactly one of createdAfter, lastUpdatedAfter")
        name, floor = (
            ("createdTime", query["createdAfter"])
            if "createdAfter" in query
            else ("lastUpdatedTime", query["lastUpdatedAfter"])
        )
        found = [each for each in self.account.orders if each[name] >= floor]
        if "PROCEEDS" not in query.get("includedData", "").split(","):
            found = [
                each | {"orderItems": [_bare(i) for i in each["orderItems"]]} for each in found
            ]
        token = query.get("paginationToken")
        if token and self.account.expired_pages:
            self.account.expired_pages = False
            return _error(400, "InvalidInput", "token expired")
        start = int(token or 0)
        size = min(int(query["maxResultsPerPage"]), self.account.page)
        body: dict[str, Any] = {"orders": found[start : start + size],
                                "lastUpdatedBefore": "2026-11-20T00:00:00Z"}  # fmt: skip
        if start + size < len(found):
            body["pagination"] = {"nextToken": str(start + size)}
        return Answer(200, body)

    def _money(self, asked: Asked) -> Answer:
        """Empty pages, and nothing at all for more than 180 days, as Amazon's model says."""
        query = asked.query
        start, end = (
            datetime.fromisoformat(query[name]) for name in ("postedAfter", "postedBefore")
        )
        if self.account.money is None:
            return _error(403, "Unauthorized", "Access to requested resource is denied.")
        found = [
            each
            for each in self.account.money
            if start <= datetime.fromisoformat(each["postedDate"]) < end
            and end - start <= timedelta(days=180)
        ]
        at, size = int(query.get("nextToken") or 0), self.account.money_page
        payload: dict[str, Any] = {"transactions": [] if at == 0 else found[at - size : at]}
        if at < len(found):
            payload["nextToken"] = str(at + size)
        return Answer(200, {"payload": payload})

    def _metrics(self, asked: Asked) -> Answer:
        if "granularityTimeZone" not in asked.query:
            return _error(400, "InvalidInput", "granularityTimeZone")
        return Answer(200, {"payload": self.account.metrics.get(asked.query["marketplaceIds"], [])})

    def _stock(self, asked: Asked) -> Answer:
        found = self.account.stock.get(asked.query["granularityId"], [])
        start = int(asked.query.get("nextToken") or 0)
        body: dict[str, Any] = {"payload": {"inventorySummaries": found[start : start + 2]}}
        if start + 2 < len(found):
            body["pagination"] = {"nextToken": str(start + 2)}
        return Answer(200, body)

    def _places(self, _: Asked) -> Answer:
        payload = [
            {"marketplace": {"id": each}, "participation": {"isParticipating": True}}
            for each in self.account.places
        ]
        return Answer(200, {"payload": payload})


def _bare(found: Any) -> Any:
    return {k: v for k, v in found.items() if k != "proceeds"}


def _error(status: int, code: str, text: str) -> Answer:
    return Answer(status, {"errors": [{"code": code, "message": text, "details": text}]})
