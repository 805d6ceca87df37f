from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "retention"
    verbose_name = "Retention"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datamap.signals import task_answered  # noqa: PLC0415 (models first)
        from retention.services.marks import resume_marks  # noqa: PLC0415

        task_answered.connect(resume_marks)
