from django.apps import AppConfig


class RequestsPortalConfig(AppConfig):
    name = "requests_portal"
    verbose_name = "Requests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_delete  # noqa: PLC0415

        from datamap.signals import task_answered  # noqa: PLC0415 (models first)
        from erasure.signals import plan_completed, schedule_completed  # noqa: PLC0415 (models first)
        from requests_portal.models import Entry  # noqa: PLC0415
        from requests_portal.services import erasure, recipients  # noqa: PLC0415
        from requests_portal.services.collection import resume_collection  # noqa: PLC0415
        from requests_portal.services.entering import remove_scan  # noqa: PLC0415
        from requests_portal.services.handover_files import resume_files  # noqa: PLC0415
        from requests_portal.services.rectification import resume_corrections  # noqa: PLC0415
        from retention.signals import restriction_set  # noqa: PLC0415

        task_answered.connect(resume_collection)
        task_answered.connect(resume_corrections)
        task_answered.connect(resume_files)
        plan_completed.connect(erasure.answer_when_done)
        schedule_completed.connect(erasure.tell_when_gone)
        restriction_set.connect(recipients.note_restriction)
        post_delete.connect(remove_scan, sender=Entry)
