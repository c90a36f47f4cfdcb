"""The GraphQL that Shopify's Admin API is asked, version 2026-10."""

from __future__ import annotations

VERSION = "2026-10"

_MONEY = "{ shopMoney { amount currencyCode } }"

_LINE = f"""
id sku title quantity
originalTotalSet {_MONEY}
discountAllocations {{ allocatedAmountSet {_MONEY} }}
taxLines {{ priceSet {_MONEY} }}
"""

_ORDER = f"""
id name createdAt processedAt updatedAt cancelledAt test taxesIncluded currencyCode
displayFinancialStatus displayFulfillmentStatus
customer {{ id }}
shippingAddress {{ countryCodeV2 }}
totalPriceSet {_MONEY}
totalTaxSet {_MONEY}
totalDiscountsSet {_MONEY}
totalShippingPriceSet {_MONEY}
totalRefundedSet {_MONEY}
shippingLine {{ discountedPriceSet {_MONEY} taxLines {{ priceSet {_MONEY} }} }}
transactions {{ kind status gateway fees {{
    amount {{ amount currencyCode }} taxAmount {{ amount currencyCode }} }} }}
"""

_REFUND_LINES = f"""
nodes {{ quantity lineItem {{ id }} subtotalSet {_MONEY} totalTaxSet {_MONEY} }}
pageInfo {{ hasNextPage endCursor }}
"""

_REFUNDS = f"""
refunds {{
    id createdAt updatedAt
    totalRefundedSet {_MONEY}
    refundLineItems(first: 20) {{ {_REFUND_LINES} }}
    refundShippingLines(first: 5) {{ nodes {{
        subtotalAmountSet {_MONEY} taxAmountSet {_MONEY} }} }}
}}
"""

SHOP = """
query Shop {
  shop { name currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
}
"""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $query) {{
    nodes {{
      {_ORDER}
      lineItems(first: 20) {{ nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }} }}
      {_REFUNDS}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""

ORDER_LINES = f"""
query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{
    lineItems(first: 50, after: $after) {{
      nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""

REFUND_LINES = f"""
query RefundLines($id: ID!, $after: String) {{
  refund(id: $id) {{ refundLineItems(first: 100, after: $after) {{ {_REFUND_LINES} }} }}
}}
"""

ORDER_REFUNDS = f"""
query OrderRefunds($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on Order {{ id {_REFUNDS} }} }}
}}
"""

VARIANTS = """
query Variants($first: Int!, $after: String) {
  productVariants(first: $first, after: $after) {
    nodes {
      id sku price displayName
      product { title status }
      inventoryItem {
        id tracked
        unitCost { amount currencyCode }
        inventoryLevels(first: 10) {
          nodes {
            location { id name }
            quantities(names: ["available", "on_hand", "committed", "incoming"]) { name quantity }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

LEVELS = """
query Levels($id: ID!, $after: String) {
  inventoryItem(id: $id) {
    inventoryLevels(first: 50, after: $after) {
      nodes {
        location { id name }
        quantities(names: ["available", "on_hand", "committed", "incoming"]) { name quantity }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

BULK_RUN = """
mutation BulkRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status createdAt }
    userErrors { field message }
  }
}
"""

BULK_POLL = """
query BulkPoll($id: ID!) {
  bulkOperation(id: $id) {
    id status errorCode createdAt completedAt objectCount fileSize url partialDataUrl
  }
}
"""

# A connection inside a list is not allowed in bulk: refund lines are asked for afterwards.
BULK_ORDERS = f"""
{{
  orders {{
    edges {{
      node {{
        {_ORDER}
        refunds {{ id createdAt updatedAt totalRefundedSet {_MONEY} }}
        lineItems {{ edges {{ node {{ {_LINE} }} }} }}
      }}
    }}
  }}
}}
"""

ORDER_COUNT = """
query OrderCount($query: String) { ordersCount(query: $query, limit: null) { count precision } }
"""
