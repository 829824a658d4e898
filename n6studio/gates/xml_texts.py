"""XML as elements, without declarations of types and entities, which can unfold to anything."""

from xml.etree import ElementTree

from n6studio.domain.errors.foreign import Unparsable


def parsed_xml(data: bytes) -> ElementTree.Element:
    """Return what an XML text says.

    Raises:
        Unparsable: naming the line.
    """
    for word in ("<!DOCTYPE", "<!ENTITY"):
        for written in (word.encode(coding) for coding in ("ascii", "utf-16-le", "utf-16-be")):
            if written in data:
                line = data[: data.index(written)].count(b"\n") + 1
                raise Unparsable("XML", line, f"{word} is not allowed")
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Unparsable("XML", error.position[0], str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Unparsable("XML", 0, "it cannot be parsed") from error
