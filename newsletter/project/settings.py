"""Django's settings, made from the site folder's newsletter.toml: nothing is set here that a person would want to change."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE, NONE, SELF

from newsletter.config import Config, load_config
from newsletter.keys import KEY_FILE, load_key_ring
from newsletter.keys.in_use import RingInUse
from newsletter.project.database import database_settings

NEWSLETTER: Config = load_config()
KEY_RING = load_key_ring(NEWSLETTER)
"""The key ring as it was when the process began."""
RING_IN_USE = RingInUse(KEY_RING, None if NEWSLETTER.keys else NEWSLETTER.path(KEY_FILE))
"""The key ring as it is now."""

SECRET_KEY = KEY_RING.django
DEBUG = False
ALLOWED_HOSTS = ["*"]
"""Any host: no page builds an address from the Host header; links come from web.base_url."""

INSTALLED_APPS = ["newsletter.postbox", "newsletter.subscribers", "newsletter.publishing", "newsletter.delivery"]
DATABASES: dict[str, Any] = {"default": database_settings(NEWSLETTER)}
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "newsletter.project.urls"
WSGI_APPLICATION = "newsletter.project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "newsletter.project.headers.guard_headers",
    "csp.middleware.CSPMiddleware",
    "newsletter.project.middleware.quiet_pages",
    "newsletter.project.middleware.UnreadBodies",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [NEWSLETTER.path("templates/pages")],
        "OPTIONS": {"environment": "newsletter.project.pages.page_environment"},
    }
]

# Readers' pages load nothing from anywhere and run nothing; newsletter/project/headers.py has what else every answer says.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "img-src": [SELF],
        "style-src": [NONCE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
LOGGING_CONFIG = None
