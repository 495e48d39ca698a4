"""Agents: what they are asked, how they are asked, and what their answers are worth.

Nothing here knows the database: discovery/consultation asks on behalf of a flow. Only crew.py
imports crewai, and only workers import crew.py.
"""
