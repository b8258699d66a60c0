"""Tell the operator: a short notice to chat or mail, without any personal data."""

from collections.abc import Sequence

from lurewatch.errors import SettingsError


def tell(addresses: Sequence[str], title: str, body: str) -> str:
    """
    Send a notice to each address in Apprise's way of writing (wecombot://, dingtalk://, feishu://, mailto://).

    Gives what went wrong in words, or nothing: a notice that cannot be sent stops no work. Raises
    SettingsError for an address that cannot be read.
    """
    if not addresses:
        return ""
    import apprise

    sender = apprise.Apprise()
    for number, address in enumerate(addresses, 1):
        if not sender.add(address):
            scheme = address.partition("://")[0]
            raise SettingsError(
                f"LUREWATCH_NOTIFY: address {number} ({scheme}://…) cannot be read; see"
                " https://github.com/caronc/apprise/wiki for how each service is written"
            )
    sent = sender.notify(title=title, body=body)
    return "" if sent else "a notice could not be sent: check LUREWATCH_NOTIFY and the network"
