"""Shopify Admin as its documentation describes it: tokens, cost, cursors, bulk operations."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.data.integrations.fake import Answer, Asked, Fake

GRAPHQL = "/admin/api/2026-10/graphql.json"


def money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "GBP"}}


def line(number: int, sku: str, quantity: int, total: str, tax: str, discount: str = "0.0") -> Any:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": sku,
        "title": sku.title(),
        "quantity": quantity,
        "originalTotalSet": money(total),
        "discountAllocations": [{"allocatedAmountSet": money(discount)}],
        "taxLines": [{"priceSet": money(tax)}],
    }


def order(number: int, updated: str, lines: list[Any], **changes: Any) -> dict[str, Any]:
    made = {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": updated,
        "processedAt": updated,
        "updatedAt": updated,
        "cancelledAt": None,
        "test": False,
        "taxesIncluded": False,
        "currencyCode": "GBP",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "customer": {"id": f"gid://shopify/Customer/{number % 7}"},
        "shippingAddress": {"countryCodeV2": "GB"},
        "totalPriceSet": money("0.0"),
        "totalTaxSet": money(str(sum(float(t["taxLines"][0]["priceSet"]["shopMoney"]["amount"])
                                     for t in lines))),
        "totalDiscountsSet": money("0.0"),
        "totalShippingPriceSet": money("0.0"),
        "totalRefundedSet": money("0.0"),
        "shippingLine": None,
        "lines": lines,
        "refunds": [],
    }  # fmt: skip
    return made | changes


def refund(number: int, at: str, paid: str, lines: list[tuple[int, int, str, str]]) -> Any:
    return {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": at,
        "totalRefundedSet": money(paid),
        "refundLineItems": {
            "nodes": [
                {
                    "quantity": quantity,
                    "lineItem": {"id": f"gid://shopify/LineItem/{item}"},
                    "subtotalSet": money(subtotal),
                    "totalTaxSet": money(tax),
                }
                for item, quantity, subtotal, tax in lines
            ],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        },
        "refundShippingLines": {"nodes": []},
    }


@dataclass
class Shop:
    orders: list[Any] = field(default_factory=list)
    variants: list[Any] = field(default_factory=list)
    available: float = 2000
    restore: float = 100
    cost: float = 40
    page: int = 250
    most: int = 1000
    bulk: bool = True
    polls: int = 1
    scopes: tuple[str, ...] = (
        "read_orders", "read_all_orders", "read_products", "read_inventory", "read_locations",
    )  # fmt: skip
    version: str = "2026-10"
    warning: str = ""


class FakeShopify(Fake):
    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.tokens: set[str] = set()
        self.issued = 0
        self.file = b""
        self.packs = False  # gives the file as gzip, whatever was asked for
        self.objects = 0
        self.sorted: list[Any] = []

    def prepare(self) -> None:
        """Sort and serialise once what a benchmark asks for many times."""
        self.sorted = sorted(self.shop.orders, key=lambda each: each["updatedAt"])
        self._make_file()

    def expire(self) -> None:
        self.tokens.clear()

    def respond(self, asked: Asked) -> Answer:
        if asked.path == "/admin/oauth/access_token":
            return self._token(asked)
        if asked.path == "/bulk.jsonl":
            return self._download(asked)
        if asked.path != GRAPHQL or asked.method != "POST":
            return Answer(404, {"errors": "Not Found"})
        if asked.headers.get("x-shopify-access-token") not in self.tokens:
            return Answer(401, {"errors": "[API] Invalid API key or access token"})
        return self._graphql(asked.json)

    def _token(self, asked: Asked) -> Answer:
        if asked.form.get("grant_type") != "client_credentials" or (
            asked.form.get("client_secret") != "right"
        ):
            return Answer(400, {"error": "invalid_client"})
        self.issued += 1
        token = f"shpat_{self.issued}"
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "scope": "", "expires_in": 86399})

    def _graphql(self, body: Any) -> Answer:
        shop = self.shop
        name = re.match(r"\s*(?:query|mutation)\s+(\w+)", body["query"])
        assert name is not None
        variables = body.get("variables") or {}
        extensions: dict[str, Any] = {"cost": self._cost(shop.cost)}
        if shop.cost > shop.available:
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return self._said({"errors": [error], "extensions": extensions})
        if max(variables.get("first", 0), len(variables.get("ids", ()))) * 20 > shop.most:
            error = {"message": "too costly", "extensions": {"code": "MAX_COST_EXCEEDED"}}
            return self._said({"errors": [error], "extensions": extensions})
        if shop.warning and variables.get("query"):
            extensions["search"] = [{"path": ["orders"], "warnings": [{"message": shop.warning}]}]
        data = getattr(self, f"_{name[1].lower()}")(variables)
        return self._said({"data": data, "extensions": extensions})

    def _said(self, body: Any) -> Answer:
        return Answer(200, body, {"X-Shopify-API-Version": self.shop.version})

    def _cost(self, wanted: float) -> Any:
        return {
            "requestedQueryCost": wanted,
            "actualQueryCost": wanted,
            "throttleStatus": {
                "maximumAvailable": 2000.0,
                "currentlyAvailable": self.shop.available,
                "restoreRate": self.shop.restore,
            },
        }

    def _shop(self, _: Any) -> Any:
        scopes = [{"handle": each} for each in self.shop.scopes]
        return {
            "shop": {"name": "Acme", "currencyCode": "GBP", "ianaTimezone": "Europe/London"},
            "currentAppInstallation": {"accessScopes": scopes},
        }

    def _orders(self, variables: Any) -> Any:
        found = self.sorted or sorted(self.shop.orders, key=lambda each: each["updatedAt"])
        if since := re.search(r"updated_at:>='([^']+)'", variables.get("query") or ""):
            found = [each for each in found if each["updatedAt"] >= since[1]]
        made = self._connection(found, variables)
        return {"orders": made | {"nodes": [_with_lines(each) for each in made["nodes"]]}}

    def _orderlines(self, variables: Any) -> Any:
        found = next(each for each in self.shop.orders if each["id"] == variables["id"])
        at = int(variables["after"])
        return {"order": {"lineItems": _slice(found["lines"], at, 50)}}

    def _orderrefunds(self, variables: Any) -> Any:
        by_id = {each["id"]: each for each in self.shop.orders}
        return {"nodes": [{"id": i, "refunds": by_id[i]["refunds"]} for i in variables["ids"]]}

    def _variants(self, variables: Any) -> Any:
        return {"productVariants": self._connection(self.shop.variants, variables)}

    def _connection(self, found: list[Any], variables: Any) -> Any:
        after = int(variables.get("after") or 0)
        return _slice(found, after, min(variables["first"], self.shop.page))

    def _bulkrun(self, _: Any) -> Any:
        if not self.shop.bulk:
            errors = [{"field": None, "message": "already in progress"}]
            return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": errors}}
        if not self.sorted:
            self._make_file()
        operation = {"id": "gid://shopify/BulkOperation/1", "status": "CREATED",
                     "createdAt": "2026-11-20T00:00:00Z"}  # fmt: skip
        return {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": []}}

    def _make_file(self) -> None:
        lines = []
        for each in self.shop.orders:
            bare = {k: v for k, v in each.items() if k not in ("lines", "refunds")}
            refunds = [{"id": r["id"], "createdAt": r["createdAt"]} for r in each["refunds"]]
            lines.append(bare | {"refunds": refunds})
            lines += [{**item, "__parentId": each["id"]} for item in each["lines"]]
        self.file = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
        self.objects = len(lines)

    def _bulkpoll(self, _: Any) -> Any:
        self.shop.polls -= 1
        ready = self.shop.polls < 0
        return {
            "bulkOperation": {
                "id": "gid://shopify/BulkOperation/1",
                "status": "COMPLETED" if ready else "RUNNING",
                "errorCode": None,
                "objectCount": str(self.objects),
                "fileSize": str(len(self.file)) if ready else None,
                "url": f"{self.url}/bulk.jsonl" if ready and self.file else None,
            }
        }

    def _download(self, asked: Asked) -> Answer:
        assert "x-shopify-access-token" not in asked.headers
        start = re.match(r"bytes=(\d+)-", asked.headers.get("range", ""))
        file = gzip.compress(self.file, mtime=0) if self.packs else self.file
        rest = file[int(start[1]) if start else 0 :]
        if not rest and start:
            return Answer(416, b"")
        told = {"Content-Encoding": "gzip"} if self.packs else {}
        return Answer(206 if start else 200, rest, told, kind="application/jsonl")


def _with_lines(found: Any) -> Any:
    bare = {k: v for k, v in found.items() if k != "lines"}
    return bare | {"lineItems": _slice(found["lines"], 0, 20)}


def _slice(found: list[Any], start: int, size: int) -> Any:
    end = start + size
    more = end < len(found)
    return {
        "nodes": found[start:end],
        "pageInfo": {"hasNextPage": more, "endCursor": str(end) if more else None},
    }
