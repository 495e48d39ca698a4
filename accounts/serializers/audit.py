from rest_framework import serializers

from tenancy.models import AuditEvent


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    before = serializers.DictField(allow_null=True, read_only=True)
    after = serializers.DictField(allow_null=True, read_only=True)

    class Meta:
        model = AuditEvent
        fields = [
            "id",
            "at",
            "action",
            "object_type",
            "object_id",
            "engagement_id",
            "origin",
            "user_id",
            "email",
            "address",
            "request_id",
            "before",
            "after",
        ]
        read_only_fields = fields
