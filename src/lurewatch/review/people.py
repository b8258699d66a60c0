"""People of the console, for admins: who may come in and as what, and passwords that are shown once."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.desk import Token, tokens
from lurewatch.errors import NotAllowedError
from lurewatch.review import words
from lurewatch.review.app import checked_form, page, person, rules_of, store_of
from lurewatch.store import Store
from lurewatch.store.factors import recovery_code
from lurewatch.workflow import SERVICE, User

router = APIRouter()


def keeper(request: Request) -> User:
    """Who is logged in, if they keep people. Raises NotAllowedError."""
    user = person(request)
    if user.role != "admin":
        raise NotAllowedError(words.PROBLEMS["keeper"])
    return user


@router.get("/people")
def show(request: Request) -> Response:
    """Everybody, with what may be done about them."""
    return _shown(request, keeper(request))


def _shown(request: Request, user: User, **values: Any) -> Response:
    shown: dict[str, Any] = {"done": "", "whose": "", "password": ""} | values
    store = store_of(request)
    owned: dict[str, list[Token]] = {}
    for one in tokens(store):
        if one.account and not one.revoked_at:
            owned.setdefault(one.account, []).append(one)
    rows = workflow.users(store)
    return page(request, "people.html", rows=rows, owned=owned, user=user, **shown)


@router.post("/people/add")
async def add(request: Request) -> Response:
    """
    A new person; the password is shown this once, and they choose another when they come in.

    A service account has none.
    """
    user = keeper(request)
    form = await checked_form(request)
    name, role = (str(form.get(key, [""])[0]).strip() for key in ("name", "role"))
    store, password = store_of(request), recovery_code()
    await run_in_threadpool(
        lambda: workflow.add_user(
            store, name, password, role, who=user.name, once=rules_of(request).password
        )
    )
    return await run_in_threadpool(
        lambda: _shown(
            request, user, done="added", whose=name, password="" if role == SERVICE else password
        )
    )


@router.post("/people/change")
async def change(request: Request) -> Response:
    """Another role, another standing, a new password or no second factor for somebody else."""
    user = keeper(request)
    form = await checked_form(request)
    name, wanted, role = (str(form.get(key, [""])[0]) for key in ("name", "do", "role"))
    if wanted not in (*DEEDS, "password"):
        raise NotAllowedError(words.PROBLEMS["no deed"])
    if name == user.name:  # their own second factor they take off under My account, with a code
        raise NotAllowedError(words.REFUSALS["own account"])
    password = recovery_code() if wanted == "password" else ""
    store = store_of(request)
    if wanted == "password":
        once = rules_of(request).password
        await run_in_threadpool(
            lambda: workflow.change_user(store, name, password=password, who=user.name, once=once)
        )
    else:
        await run_in_threadpool(DEEDS[wanted], store, name, user.name, role)
    return await run_in_threadpool(
        lambda: _shown(request, user, done=wanted, whose=name, password=password)
    )


def _role(store: Store, name: str, who: str, role: str) -> None:
    workflow.change_user(store, name, role=role, who=who)


def _disable(store: Store, name: str, who: str, _: str) -> None:
    workflow.change_user(store, name, disabled=True, who=who)


def _enable(store: Store, name: str, who: str, _: str) -> None:
    workflow.change_user(store, name, disabled=False, who=who)


def _factor(store: Store, name: str, who: str, _: str) -> None:
    workflow.drop_factor(store, name, who=who)


DEEDS: Final[dict[str, Callable[[Store, str, str, str], None]]] = {
    "role": _role,
    "disable": _disable,
    "enable": _enable,
    "factor": _factor,
}
