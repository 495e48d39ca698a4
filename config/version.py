"""The version of the application and of its API document."""

VERSION = "0.1.0"
