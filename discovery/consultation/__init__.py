"""Asking agents on behalf of a flow: what may be shared and spent, and what came of it."""
