"""What the product knows before it reads a row: settings, catalogues, defaults."""
