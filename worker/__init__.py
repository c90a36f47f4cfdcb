"""The second process: collects, synchronises, judges and notifies on a schedule."""
