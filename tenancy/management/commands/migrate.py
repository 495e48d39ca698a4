from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    help = f"{migrate.Command.help} Runs as the owner of the tables (OWNER_DATABASE_URL)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options["database"] not in settings.DATABASES:
            raise CommandError(
                "OWNER_DATABASE_URL is not set. Migrations run as the role that owns the tables, "
                "the application as one that owns nothing: see tenancy/roles.sql."
            )
        return super().execute(*args, **options)
