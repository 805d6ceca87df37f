"""Certificates, which the database neither changes nor removes."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE FUNCTION retention_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION '% on % is refused: a certificate is evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$function$;

CREATE TRIGGER retention_certificate_no_change BEFORE UPDATE OR DELETE ON retention_certificate
    FOR EACH ROW EXECUTE FUNCTION retention_refuse_change();
CREATE TRIGGER retention_certificate_no_truncate BEFORE TRUNCATE ON retention_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse_change();
ALTER TABLE retention_certificate ENABLE ALWAYS TRIGGER retention_certificate_no_change;
ALTER TABLE retention_certificate ENABLE ALWAYS TRIGGER retention_certificate_no_truncate;
"""
DROP = """
DROP TRIGGER retention_certificate_no_truncate ON retention_certificate;
DROP TRIGGER retention_certificate_no_change ON retention_certificate;
DROP FUNCTION retention_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0006_legal_holds")]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("issued_at", models.DateTimeField()),
                ("key", models.CharField(max_length=16)),
                ("document", models.TextField()),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate",
                        to="retention.purgerun",
                    ),
                ),
            ],
            options={"ordering": ["-issued_at"]},
        ),
        migrations.RunSQL(CREATE, reverse_sql=DROP),
    ]
