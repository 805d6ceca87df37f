"""What is open is due on its safe date: no case was extended before there were extensions."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def due_on_the_safe_date(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("requests_portal", "Case").objects.update(due_on=F("safe_on"))


class Migration(migrations.Migration):
    dependencies = [("requests_portal", "0008_extension")]

    operations = [migrations.RunPython(due_on_the_safe_date, migrations.RunPython.noop)]
