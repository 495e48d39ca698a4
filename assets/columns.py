"""How each kind of catalogue field is kept in the database."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from assets.fields import FIELDS, Field, Kind

NAME_LENGTH: Final = 500
TEXT_LENGTH: Final = 1_000
DESCRIPTION_LENGTH: Final = 10_000
# Keys are indexed, and an index entry has room for 2,704 bytes: 500 characters of any script.
KEYS: Final = ("name", "external_id", "serial_number", "fqdn", "hostname")
_LENGTHS: Final = MappingProxyType(
    {**dict.fromkeys(KEYS, NAME_LENGTH), "description": DESCRIPTION_LENGTH}
)

MAC: Final = RegexValidator(
    r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$", "Enter a MAC address such as 00:50:56:ab:cd:ef."
)
LARGEST: Final = 10**15  # JSON's readers count exactly up to 9 * 10**15
RANGE: Final = [MinValueValidator(0), MaxValueValidator(LARGEST)]
PORTS: Final = [MinValueValidator(1), MaxValueValidator(65_535)]


def _text(field: Field) -> "models.Field[Any, Any]":
    return models.CharField(max_length=_LENGTHS.get(field.name, TEXT_LENGTH), null=True, blank=True)


def _enum(field: Field) -> "models.Field[Any, Any]":
    choices = [(value, value) for value in field.values]
    return models.CharField(max_length=32, choices=choices, null=True, blank=True)


def _array(item: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    return ArrayField(item, default=list, blank=True)


_COLUMNS: "Final[MappingProxyType[Kind, Callable[[Field], models.Field[Any, Any]]]]" = (
    MappingProxyType(
        {
            Kind.TEXT: _text,
            Kind.ENUM: _enum,
            Kind.INTEGER: lambda _: models.BigIntegerField(null=True, blank=True, validators=RANGE),
            Kind.NUMBER: lambda _: models.FloatField(null=True, blank=True, validators=RANGE),
            Kind.MONEY: lambda _: models.DecimalField(
                max_digits=16, decimal_places=2, null=True, blank=True
            ),
            Kind.DATE: lambda _: models.DateField(null=True, blank=True),
            Kind.DATETIME: lambda _: models.DateTimeField(null=True, blank=True),
            Kind.ADDRESS: lambda _: models.GenericIPAddressField(null=True, blank=True),
            Kind.MAC: lambda _: models.CharField(
                max_length=17, null=True, blank=True, validators=[MAC]
            ),
            Kind.TEXT_LIST: lambda _: _array(models.CharField(max_length=TEXT_LENGTH)),
            Kind.REFERENCES: lambda _: _array(models.CharField(max_length=NAME_LENGTH)),
            Kind.INTEGER_LIST: lambda _: _array(models.IntegerField(validators=PORTS)),
            Kind.ADDRESS_LIST: lambda _: _array(models.GenericIPAddressField()),
            Kind.MAC_LIST: lambda _: _array(models.CharField(max_length=17, validators=[MAC])),
        }
    )
)


def _column(field: Field) -> "models.Field[Any, Any]":
    column = _COLUMNS[field.kind](field)
    unit = f" Unit: {field.unit}." if field.unit else ""
    column.help_text = f"{field.description}{unit}"
    if field.name == "name":
        column.null = column.blank = False
    return column


def catalogue_columns() -> "dict[str, models.Field[Any, Any]]":
    """One model field for each field of the catalogue, in its order."""
    return {field.name: _column(field) for field in FIELDS}
