"""Who can log in to the demo bank. Everybody may know these passwords: they exist in demo mode only."""

from typing import Literal, NamedTuple

Role = Literal["customer", "agent", "supervisor", "auditor", "admin", "compliance"]

_ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$"


class Login(NamedTuple):
    email: str
    password: str
    role: Role
    name: str
    password_hash: str
    """Of ``core.security.passwords``, made once: the passwords are public, and six hashes are over a second of work at
    each first start."""


CUSTOMERS = {
    "alex": Login(
        "alex@demo.example",
        "demo-alex-1",
        "customer",
        "Alex Morgan",
        _ARGON2ID + "bx26L+o9Vv1s6jB1r37A6g$HsnMyMPXSyQ5Fd387Y/yjywbI8D9N2aJrQ9QvEvVNaI",
    ),
    "blair": Login(
        "blair@demo.example",
        "demo-blair-1",
        "customer",
        "Blair Ahmed",
        _ARGON2ID + "U0iYLiNhyKfn0u/KUOIc9g$FKieddVxiIW5oewZ71k0F8h39iyAeu8eLjTBhk2+XKo",
    ),
}
STAFF = [
    Login(
        "agent@demo.example",
        "demo-agent-1",
        "agent",
        "Robin Hale",
        _ARGON2ID + "IOFE42M0JfZvbv+q7TpZPw$P/ewLbjOh/aU80Lv1K3GytwtVP95ggQWq+Xk/7PAO88",
    ),
    Login(
        "supervisor@demo.example",
        "demo-supervisor-1",
        "supervisor",
        "Dana Whitlock",
        _ARGON2ID + "d7jZBdOUclO6+DjtUF1pzw$tOjoH7sB7zliwWQXagO5Hy1a4SvS6TuAKvXOwrmZ0+w",
    ),
    Login(
        "auditor@demo.example",
        "demo-auditor-1",
        "auditor",
        "Morgan Iles",
        _ARGON2ID + "q3VjuQ38vsrQrzUgrfVoFg$O+SiLQv2f6/iL+Egl4GZ8HarnqrDOtG/n2jfQGMdgTU",
    ),
    Login(
        "admin@demo.example",
        "demo-admin-1",
        "admin",
        "Kit Sandford",
        _ARGON2ID + "rEy7NvPaFy8OCRpPqOGI8w$Y+cBq5Ru14bbY0qCmEOf7sAd4Pju+pUJEE97uUv/Fdg",
    ),
    Login(
        "compliance@demo.example",
        "demo-compliance-1",
        "compliance",
        "Sasha Lorne",
        _ARGON2ID + "U/ZqiVnSdMS77xuuDDeL0Q$tjF1oWIfjYNilEmTiIM/Eyz2JHOSe/fSMjNA9CFtKT8",
    ),
    Login(
        "officer@demo.example",
        "demo-officer-1",
        "compliance",
        "Noor Castell",
        _ARGON2ID + "OHD9PiON/TIQOLnraz++Uw$95VqZoGwXxhh3AC3R933t5tbLWvcSfGbwdDlox00JXM",
    ),
]
LOGINS = [*CUSTOMERS.values(), *STAFF]
