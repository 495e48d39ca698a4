"""`make demo`: the whole way of an inventory through the REST API, shown on a terminal."""
