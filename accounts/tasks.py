from celery import shared_task

from accounts.letters import send_invitation_letter, send_password_letter
from accounts.models import User


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def mail_password_link(email: str) -> None:
    """To the active user with this address, if there is one. Belongs to no tenant."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is not None:
        send_password_letter(user)


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def mail_invitation(email: str, account_name: str) -> None:
    """To an active user. Belongs to no tenant: the name of the account came with the message."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is not None:
        send_invitation_letter(user, account_name)
