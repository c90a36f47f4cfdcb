"""Limits that differ by role, in one setting."""

from __future__ import annotations


def by_role(given: str) -> dict[str, float]:
    """`8,admin=4` as {"": 8.0, "admin": 4.0}; "" stands for every other role.

    Raises ValueError.
    """
    found: dict[str, float] = {}
    for part in given.split(","):
        role, _, number = part.strip().rpartition("=")
        try:
            found[role.strip()] = float(number)
        except ValueError:
            found[role.strip()] = -1.0
    known = {"", "viewer", "operator", "manager", "admin"}
    if "" not in found or not found.keys() <= known or not all(0 < n < 1e5 for n in found.values()):
        raise ValueError("must be a number above 0, then `role=number` for single roles")
    return found
