"""What tests read: a cast of people, and objects of a tenant (inside its scope)."""

import factory

from accounts.models import Membership, Role, User
from assets.models import Asset, Dependency
from tenancy.models import ClientAccount, Engagement
from tenancy.scope import all_tenants


class AcrossTenants(factory.django.DjangoModelFactory):
    """Of the rows that decide who belongs to whom, which no tenant makes for itself."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with all_tenants():
            return super()._create(model_class, *args, **kwargs)


PASSWORD = "a-password-for-tests"


class ClientAccountFactory(AcrossTenants):
    name = factory.Sequence(lambda n: f"Client {n}")

    class Meta:
        model = ClientAccount


class EngagementFactory(AcrossTenants):
    client_account = factory.SubFactory(ClientAccountFactory)
    name = factory.Sequence(lambda n: f"Engagement {n}")

    class Meta:
        model = Engagement


class UserFactory(factory.django.DjangoModelFactory):
    email = factory.Sequence(lambda n: f"user{n}@example.com")

    class Meta:
        model = User


class MembershipFactory(AcrossTenants):
    client_account = factory.SubFactory(ClientAccountFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.CONTRIBUTOR

    class Meta:
        model = Membership


class AssetFactory(factory.django.DjangoModelFactory):
    name = factory.Sequence(lambda n: f"server-{n:04}")
    asset_type = "server"

    class Meta:
        model = Asset


class DependencyFactory(factory.django.DjangoModelFactory):
    source_asset = factory.SubFactory(AssetFactory)
    target_asset = factory.SubFactory(AssetFactory)
    dependency_type = "depends_on"

    class Meta:
        model = Dependency
