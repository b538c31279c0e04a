"""What each route asks for, as its first dependency. A test walks all routes and refuses one that declares nothing.

    require(permission)   the caller's role, or key, has it (docs/permissions.md has the table)
    signed_in()           anybody who is signed in, but no key: for one's own account as a whole;
                          with AccountType.CUSTOMER no staff, with STAFF no customers
    public(because)       anybody; the reason is for whoever reads the route

Not signed in is 401, signed in without the permission 403 with its name in ``details.permission``. A visitor has the
permissions of the role ``visitor``. Which role has what is data; that a customer asks where staff work is told apart by
the permission's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from agent.assembly import Running
from api.dependencies import AnyoneDep
from core.errors import Forbidden, Unauthorized
from core.security.permissions import VISITOR
from core.security.tokens import AccountType, Identity

STAFF_PREFIX = "staff."
_NOT_MEANT = {AccountType.CUSTOMER: "customers_only", AccountType.STAFF: "staff_only"}
_MEANT_FOR = {
    AccountType.CUSTOMER: "This is for customers. Staff work in the admin console.",
    AccountType.STAFF: "This is for the bank's staff.",
}


@dataclass(frozen=True, slots=True)
class Required:
    """The caller must have this permission."""

    permission: str

    async def __call__(self, request: Request, caller: AnyoneDep) -> None:
        await self.check(request, caller)

    async def check(self, request: Request, caller: Identity | None) -> None:
        """Raises Unauthorized or Forbidden."""
        running = cast(Running, request.app.state.running)
        held = caller.permissions if caller else await running.roles.of(VISITOR)
        if self.permission not in held:
            raise refusal_of(caller, self.permission, by_key=comes_by_key(request))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The caller must be somebody, in person: a key carries no more than it names."""

    only: AccountType | None = None

    async def __call__(self, request: Request, caller: AnyoneDep) -> None:
        if caller is None or caller.account_type is AccountType.VISITOR:
            raise Unauthorized("Please log in.")
        if comes_by_key(request):
            raise Forbidden("An API key cannot do this: log in.", code="insufficient_scope")
        if self.only is not None and caller.account_type is not self.only:
            raise Forbidden(_MEANT_FOR[self.only], code=_NOT_MEANT[self.only])


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody may call."""

    because: str

    async def __call__(self) -> None:
        """Asks nothing."""


@dataclass(frozen=True, slots=True)
class AsksItself:
    """Of a door that is no route of FastAPI's."""

    how: str


Declaration = Required | SignedIn | Public | AsksItself


def require(permission: str) -> Any:
    """For ``dependencies=[...]`` of a route."""
    return Depends(Required(permission))


def signed_in(only: AccountType | None = None) -> Any:
    return Depends(SignedIn(only))


def public(because: str) -> Any:
    return Depends(Public(because))


def comes_by_key(request: Request) -> bool:
    """Whether an API key signed the caller in."""
    return hasattr(request.state, "api_key")


def refusal_of(caller: Identity | None, permission: str, *, by_key: bool) -> Unauthorized | Forbidden:
    """What whoever lacks a permission is told."""
    if caller is None or caller.account_type is AccountType.VISITOR:
        return Unauthorized("Please log in.")
    meant_for = AccountType.STAFF if permission.startswith(STAFF_PREFIX) else AccountType.CUSTOMER
    if caller.account_type is not meant_for:
        code, message = _NOT_MEANT[meant_for], _MEANT_FOR[meant_for]
    elif by_key:
        code, message = "insufficient_scope", f"This API key does not carry the permission {permission}."
    else:
        code, message = "role_not_allowed", f"Your role does not have the permission {permission}."
    return Forbidden(message, code=code, details={"permission": permission})


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """A method of an address, and what it declares."""

    method: str
    path: str
    declares: Declaration | None


OUTSIDE: Mapping[str, Declaration] = {
    "/openapi.json": Public("the description of what is here"),
    "/static": Public("the widget's own files"),
}
"""What FastAPI and Starlette answer themselves, where no dependency can stand."""


def list_routes(app: FastAPI) -> list[DeclaredRoute]:
    """Every method of every route, sorted by path."""
    found = {
        DeclaredRoute(method, route.path_format or route.path or "", _declared_by(route))
        for route in iter_route_contexts(app.routes)
        for method in route.methods or {"GET"}
    }
    return sorted(found, key=lambda one: (one.path, one.method))


def describe_scopes(app: FastAPI) -> None:
    """Puts what each route asks for into the OpenAPI document: the permission stands among the scopes of the security
    requirement (OpenAPI 3.1, section 4.8.30, allows names of roles there for schemes that are not OAuth's)."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        document = described()
        for one in list_routes(app) if is_new else ():
            operation = document["paths"].get(one.path, {}).get(one.method.lower())
            if operation is not None and one.declares is not None:
                _describe(operation, one.declares)
        return document

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue]


def _describe(operation: dict[str, Any], declared: Declaration) -> None:
    if isinstance(declared, Required):
        schemes = dict.fromkeys(scheme for one in operation.get("security", []) for scheme in one)
        operation["security"] = [{scheme: [declared.permission]} for scheme in schemes]
    elif isinstance(declared, SignedIn):
        operation["responses"].setdefault("403", _refused(declared.only))


def _refused(only: AccountType | None) -> dict[str, Any]:
    """The answer to a caller who is somebody else than the route is for, or a key."""
    codes = ["- `insufficient_scope`: an API key cannot do this."]
    if only is not None:
        codes.insert(0, f"- `{_NOT_MEANT[only]}`: {_MEANT_FOR[only]}")
    schema = {"$ref": "#/components/schemas/ErrorEnvelope"}
    return {"description": "\n".join(codes), "content": {"application/json": {"schema": schema}}}


def _declared_by(route: RouteContext) -> Declaration | None:
    dependant: Dependant | None = getattr(route, "dependant", None)
    if dependant is not None:
        return find_declaration(dependant)
    return OUTSIDE.get(route.path or "") or getattr(route.original_route, "declares", None)


def find_declaration(dependant: Dependant) -> Declaration | None:
    """The first of what a route depends on."""
    calls = (one.call for one in dependant.dependencies)
    return next((call for call in calls if isinstance(call, Required | SignedIn | Public)), None)
