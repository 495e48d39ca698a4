"""Northwind Ferries, a ferry line that does not exist, as two inventories would describe it."""
