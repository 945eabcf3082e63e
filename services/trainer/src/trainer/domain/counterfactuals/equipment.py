"""The kinds of equipment that a copy may name, in English and German.

A family has kinds that report the same quantities, so that a copy states no humidity of a
conveyor and no 200 °C of a freezer. The last word of every name is a device word of
`ratchet_text`, so a reader of the copy finds the same device. German names have a gender: "die
Pumpe 2" cannot become "die Mischer 2".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

Language = Literal["en", "de"]


class Family:
    """Equipment that reports the same quantities.

    `limits` are its lowest and highest usual values by unit.
    """

    def __init__(self, quantities: str, degrees: tuple[float, float], bar: float = 0) -> None:
        self.quantities = frozenset(quantities.split())
        self.limits: Mapping[str, tuple[float, float]] = {"°C": degrees, "bar": (-1, bar)}

    def reaches(self, value: float, unit: str) -> bool:
        low, high = self.limits.get(unit, (-inf, inf))
        return low <= value <= high


@dataclass(frozen=True, slots=True)
class Equipment:
    """A kind of equipment as a reading names it; `gender` (m, f or n) is that of a German name."""

    name: str
    family: Family
    gender: str = ""


_DRIVEN = "power energy temperature vibration speed current torque frequency"
_DRIVE = Family(_DRIVEN, (10, 140))
_MACHINE = Family(f"{_DRIVEN} load noise", (10, 260))
_PRESSING = Family(f"{_DRIVEN} load noise pressure", (10, 280), bar=350)
_PUMP = Family(
    "power energy temperature vibration speed current frequency pressure flow load efficiency",
    (5, 160),
    bar=250,
)
_COMPRESSOR = Family(
    "power energy temperature vibration speed current frequency pressure flow load efficiency",
    (5, 160),
    bar=60,
)
_FAN = Family("power energy temperature vibration speed current frequency flow load", (3, 120))
_TURBINE = Family(
    "power energy temperature vibration speed pressure flow load efficiency torque",
    (30, 600),
    bar=250,
)
_HEAT = Family("temperature flow power energy load efficiency", (40, 900))
_BOILING = Family("temperature pressure flow power energy load efficiency", (40, 560), bar=200)
_COLD = Family("temperature pressure flow power energy load efficiency current", (-45, 60), bar=30)
_AIR = Family("temperature humidity flow speed power energy vibration current load", (3, 70))
_VESSEL = Family("temperature pressure level weight flow", (2, 200), bar=40)
_BIN = Family("temperature level weight humidity", (2, 80))
_ELECTRIC = Family("power energy voltage current temperature load frequency efficiency", (10, 150))

_ENGLISH: Mapping[Family, str] = {
    _PUMP: (
        "pump, feed pump, booster pump, sump pump, vacuum pump, dosing pump, circulation pump, "
        "slurry pump"
    ),
    _COMPRESSOR: "compressor, air compressor, screw compressor",
    _FAN: "blower, exhaust fan, supply fan, induced draft fan",
    _TURBINE: "steam turbine, gas turbine, turbine, gas engine",
    _DRIVE: (
        "conveyor, belt conveyor, screw conveyor, bucket elevator, drive motor, motor, gearbox, "
        "winder, hoist, gantry crane, spindle motor, roller"
    ),
    _MACHINE: (
        "mixer, agitator, mill, ball mill, jaw crusher, crusher, centrifuge, granulator, lathe, "
        "shaker, filler, bottle filler, packer, case packer, "
        "palletizer, labeler, tray sealer, wrapper, paper cutter, robot, welding robot, assembler, "
        "vibrating feeder, feeder"
    ),
    _PRESSING: "extruder, press, hydraulic press, filter press",
    _HEAT: (
        "furnace, arc furnace, rotary kiln, kiln, oven, curing oven, spray dryer, dryer, "
        "drum dryer, heater, gas burner, burner"
    ),
    _BOILING: (
        "boiler, steam boiler, water heater, evaporator, heat exchanger, plate exchanger, "
        "pasteurizer, autoclave, vaporizer"
    ),
    _COLD: "chiller, condenser, oil cooler, freezer, blast freezer, water chiller",
    _AIR: "air handler, cooling tower, humidifier, air dryer, air cooler, dry cooler",
    _VESSEL: "storage tank, tank, buffer tank, pressure vessel, reactor, settling tank",
    _BIN: "silo, cement silo, grain silo",
    _ELECTRIC: (
        "transformer, generator, diesel generator, inverter, solar inverter, rectifier, "
        "switchgear, charger"
    ),
}

_GERMAN: Mapping[Family, Mapping[str, str]] = {
    _PUMP: {
        "f": (
            "Pumpe, Speisepumpe, Kühlwasserpumpe, Vakuumpumpe, Dosierpumpe, Umwälzpumpe, "
            "Tauchpumpe, Ölpumpe"
        ),
    },
    _COMPRESSOR: {"m": "Kompressor, Luftverdichter, Verdichter, Schraubenkompressor"},
    _FAN: {
        "m": "Ventilator, Abluftventilator, Zuluftventilator, Lüfter",
        "n": "Gebläse, Kühlluftgebläse, Ofengebläse",
    },
    _TURBINE: {"f": "Turbine, Dampfturbine, Gasturbine", "m": "Gasmotor, Dieselmotor"},
    _DRIVE: {
        "m": (
            "Motor, Förderer, Schneckenförderer, Kettenförderer, Antriebsmotor, Wickler, Hallenkran"
        ),
        "n": "Förderband, Transportband, Getriebe, Becherwerk, Hebezeug",
        "f": "Walze, Druckwalze",
    },
    _MACHINE: {
        "m": (
            "Mischer, Chargenmischer, Backenbrecher, Brecher, Füller, Flaschenfüller, "
            "Packer, Palettierer, Etikettierer, Roboter, Schweißroboter, Granulator, Dosierer"
        ),
        "f": (
            "Mühle, Kugelmühle, Zentrifuge, Drehmaschine, "
            "Verpackungsmaschine, Abfüllmaschine, Schneidemaschine"
        ),
        "n": "Rührwerk, Walzenrührwerk",
    },
    _HEAT: {
        "m": "Brennofen, Lichtbogenofen, Trockner, Sprühtrockner, Brenner, Gasbrenner",
        "n": "Heizgerät",
    },
    _BOILING: {
        "m": (
            "Kessel, Dampfkessel, Erhitzer, Verdampfer, Wärmetauscher, Plattenwärmetauscher, "
            "Pasteurisierer, Autoklav"
        ),
    },
    _PRESSING: {"m": "Extruder, Doppelextruder", "f": "Presse, Filterpresse"},
    _COLD: {"m": "Verflüssiger, Kühler, Ölkühler, Froster", "f": "Kältemaschine, Kälteanlage"},
    _AIR: {
        "m": "Kühlturm, Befeuchter, Rückkühler, Lufttrockner",
        "f": "Lüftungsanlage, Klimaanlage",
        "n": "Lüftungsgerät, Klimagerät",
    },
    _VESSEL: {"m": "Tank, Öltank, Behälter, Druckbehälter, Wasserbehälter, Reaktor"},
    _BIN: {"n": "Silo, Zementsilo, Getreidesilo"},
    _ELECTRIC: {
        "m": (
            "Transformator, Generator, Dieselgenerator, Wechselrichter, Gleichrichter, "
            "Netztransformator, Umrichter, Frequenzumrichter"
        ),
        "f": "Schaltanlage, Ladestation, Ladesäule",
        "n": "Ladegerät",
    },
}
"""Names by family and gender."""


def _english() -> Iterator[Equipment]:
    for family, names in _ENGLISH.items():
        yield from (Equipment(name, family) for name in names.split(", "))


def _german() -> Iterator[Equipment]:
    for family, genders in _GERMAN.items():
        for gender, names in genders.items():
            yield from (Equipment(name, family, gender) for name in names.split(", "))


EQUIPMENT: Mapping[Language, tuple[Equipment, ...]] = {
    "en": tuple(_english()),
    "de": tuple(_german()),
}


def equipment_of(name: str, language: Language) -> Equipment | None:
    """The kind that a name without a number means, as whole words at its end; None if unknown.

    "Rohölpumpe" is a "Pumpe": German compounds have the gender of their last part.
    """
    lowered = name.lower()
    ends = "" if language == "de" else " "
    fitting = [
        one
        for one in EQUIPMENT[language]
        if lowered == one.name.lower() or lowered.endswith(ends + one.name.lower())
    ]
    return max(fitting, key=lambda one: len(one.name), default=None)
