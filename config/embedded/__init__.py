"""PostgreSQL, Redis and the application's own processes on a machine that has only Python.

`python -m config.embedded` supervises the whole stack; `embedded_servers` gives tests the two
servers alone. Both are the real programs, taken from wheels and run as children.

What holds when things die:

* A child that ends is started again at the same address; what is left of its process group is
  killed first, so a pool process never outlives the worker that it belonged to.
* SIGTERM, Ctrl-C and a closed terminal stop everything in reverse order.
* When the supervisor is killed outright, Linux sends each direct child the signal that stops it
  in good order (PR_SET_PDEATHSIG), and each of those ends its own children: gunicorn and Celery
  their pools, PostgreSQL its backends. Other systems have nothing of the kind: there the next
  start with the same folder stops PostgreSQL and Redis first, and the rest is for the user.
"""

from config.embedded.servers import Addresses, embedded_servers

__all__ = ["Addresses", "embedded_servers"]
