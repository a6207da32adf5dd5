"""Distances in Denmark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt

_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Point:
    """A place: latitude and longitude in degrees (WGS84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Middle(Point):
    """The middle of a municipality; all of it is about within so many kilometres of there."""

    radius_km: float


@dataclass(frozen=True, slots=True)
class Places:
    """The middles of municipalities and of postcodes, by code: the two kinds of code are not told apart by form."""

    municipalities: Mapping[str, Middle] = field(default_factory=dict)
    postcodes: Mapping[str, Point] = field(default_factory=dict)


def distance_km(one: Point, other: Point) -> float:
    """Return the great-circle distance in kilometres."""
    south, north = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))
