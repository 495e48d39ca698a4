"""What depends on what: rules over the inventory and over connection tables."""
