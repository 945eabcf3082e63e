"""Units of measure in spoken answers, as symbols and as words."""

# "45 kilowatt hours" begins like a power, so power and energy are one kind.
_UNITS = {
    "pressure": "bar mbar kpa mpa psi hpa Pa pascal kilopascal megapascal millibar",
    "temperature": "°c °f ° degc degf C F K degree celsius fahrenheit kelvin",
    "power and energy": "kw mw gw hp kva mva kvar W watt kilowatt megawatt gigawatt horsepower "
    "wh kwh mwh gwh kj mj gj btu J joule kilojoule megajoule",
    "speed": "rpm m/s km/h m/min mph revolution rev",
    "frequency": "hz khz mhz hertz kilohertz",
    "vibration": "mm/s µm mm in/s millimeter millimetre micron micrometer micrometre",
    "electrical": "ma ka mv kv A V Ω kΩ ohm amp volt ampere milliampere kiloampere millivolt "
    "kilovolt",
    "percent": "% pct percent",
    "flow": "m3/h m³/h m3/s m³/s m3 m³ l/s l/min l/h lpm gpm cfm kg/h kg/s t/h cubic liter litre "
    "gallon",
    "time": "ms sec min hr h s millisecond second minute hour day week",
}
_PLURAL_FROM = 3

# Symbols with a capital are case-sensitive ("10 A" is a current, "10 a" is not); the others are
# looked up in lower case too.
_KINDS = {
    form: kind
    for kind, units in _UNITS.items()
    for unit in units.split()
    for form in ((unit, f"{unit}s") if len(unit) >= _PLURAL_FROM and unit.isalpha() else (unit,))
}


def unit_kind(token: str) -> str | None:
    """What a unit measures ("kilowatts" -> "power and energy"); None if it is no unit."""
    return _KINDS.get(token) or _KINDS.get(token.lower())


def is_unit(token: str) -> bool:
    """Whether a token that follows a number is (the first word of) its unit."""
    return token in _KINDS or token.lower() in _KINDS


def is_percent(token: str) -> bool:
    """Whether the token is the percent sign or word."""
    return unit_kind(token) == "percent"
