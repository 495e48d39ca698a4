"""Argon2id with what OWASP asks for at least. Django's 100 MiB a login would be a way to
exhaust the memory of the web processes.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class ModestArgon2Hasher(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
