"""The vendors: one line each; a fifth is its file and its line here."""

from __future__ import annotations

from data.integrations import amazon, openai, shopify, xero
from data.integrations.client import Vendor

VENDORS: dict[str, Vendor] = {
    vendor.name: vendor for vendor in (xero.VENDOR, shopify.VENDOR, amazon.VENDOR, openai.VENDOR)
}
