from celery import shared_task

from accounts.letters import send_password_letter
from accounts.models import User


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def mail_password_link(email: str, *, invited: bool) -> None:
    """To the active user with this address, if there is one. Belongs to no tenant."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is not None:
        send_password_letter(user, invited=invited)
