"""Latvian short dates with two digits for day and month, so that columns line up."""

SHORT_DATE_FORMAT = "d.m.Y."
SHORT_DATETIME_FORMAT = "d.m.Y. H:i"
