"""Everything that touches PostgreSQL or a vendor; knows no screen."""
