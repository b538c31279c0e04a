"""Why encrypted data cannot be read. Each says what to look at; none gives out anything of what it found."""

from core.errors import TellergraphError, Unavailable


class DataUnreadable(TellergraphError):
    """What is stored is not what was encrypted, or it stands in another place than it was encrypted for."""

    code = "data_unreadable"


class KeyUnknown(DataUnreadable):
    """It was encrypted or wrapped with a key that is not among ours: it is missing from the settings, or was
    destroyed."""

    code = "key_unknown"


class KeyServiceGone(Unavailable):
    """The key management service does not answer, or refuses us."""

    code = "key_service_unavailable"
