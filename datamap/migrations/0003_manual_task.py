import django.db.models.deletion
import lib.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datamap', '0001_map_version'),
        ('lib', '0001_blobs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ManualHolding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource_id', models.CharField(max_length=64)),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('rows', lib.fields.EncryptedJSONField()),
                ('searched_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('resource_id', 'reference'), name='manualholding_once_per_reference')],
            },
        ),
        migrations.CreateModel(
            name='ManualTask',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('resource_id', models.CharField(max_length=64)),
                ('verb', models.CharField(choices=[('search', 'search'), ('rectify', 'rectify'), ('restrict', 'restrict'), ('erase', 'erase')], max_length=8)),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('wanted', lib.fields.EncryptedJSONField()),
                ('key', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField()),
                ('due_on', models.DateField()),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('done', 'done'), ('withdrawn', 'withdrawn')], default='open', max_length=9)),
                ('outcome', models.CharField(blank=True, choices=[('found', 'found'), ('nothing_found', 'nothing_found'), ('done', 'done')], max_length=16)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('signed_name', models.CharField(blank=True, max_length=120)),
                ('sentence', models.TextField(blank=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answered_tasks', to=settings.AUTH_USER_MODEL)),
                ('map_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='datamap.mapversion')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='manual_tasks', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ManualUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table_name', models.CharField(max_length=128)),
                ('row_count', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_at', models.DateTimeField()),
                ('blob', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='lib.blob')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='datamap.manualtask')),
            ],
            options={
                'ordering': ['table_name'],
            },
        ),
        migrations.AddIndex(
            model_name='manualtask',
            index=models.Index(fields=['reference', 'resource_id'], name='manualtask_reference'),
        ),
        migrations.AddIndex(
            model_name='manualtask',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['due_on'], name='manualtask_open'),
        ),
        migrations.AddConstraint(
            model_name='manualtask',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('resource_id', 'reference', 'verb'), name='manualtask_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='manualtask',
            constraint=models.CheckConstraint(condition=models.Q(('verb__in', ['search', 'rectify', 'restrict', 'erase'])), name='manualtask_verb_known'),
        ),
        migrations.AddConstraint(
            model_name='manualtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('digest__regex', '^[0-9a-f]{64}$'), ('outcome__gt', ''), ('sentence__gt', ''), ('signed_name__gt', ''), ('state', 'done')), models.Q(('answered_at__isnull', True), ('answered_by__isnull', True), ('digest', ''), ('outcome', ''), ('sentence', ''), ('signed_name', ''), ('state__in', ['open', 'withdrawn'])), _connector='OR'), name='manualtask_done_is_signed'),
        ),
        migrations.AddConstraint(
            model_name='manualtask',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', ''), models.Q(('outcome__in', ['found', 'nothing_found']), ('verb', 'search')), models.Q(models.Q(('verb', 'search'), _negated=True), ('outcome', 'done')), _connector='OR'), name='manualtask_outcome_fits_verb'),
        ),
        migrations.AddConstraint(
            model_name='manualtask',
            constraint=models.CheckConstraint(condition=models.Q(('applied_at__isnull', True), models.Q(('state', 'done'), models.Q(('verb', 'search'), _negated=True)), _connector='OR'), name='manualtask_applied_when_done'),
        ),
        migrations.AddConstraint(
            model_name='manualupload',
            constraint=models.UniqueConstraint(fields=('task', 'table_name'), name='manualupload_once_per_table'),
        ),
    ]
