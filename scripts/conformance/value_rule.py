"""What the stores of a stack must hold, worked out from the granules alone.

netCDF4-python reads the stored numbers; the value rule is applied here once more, by numpy:

- Where all granules pack a variable alike, its integers are kept, bit for bit.
- Where packing differs, values are `double(packed) * scale_factor + add_offset`, rounded once to
  float32 for packed types of 16 bits or less; the fill becomes NaN.
- What has no time dimension, yet differs from granule to granule, gets one.
- A variable that a granule doesn't have is fill at its steps.
"""

import cftime
import netCDF4
import numpy as np

ARCHIVE_UNITS = "seconds since 1981-01-01 00:00:00"
LIMITS = ("valid_min", "valid_max", "valid_range", "actual_range")
PACKING = ("scale_factor", "add_offset", "_FillValue", "missing_value", "_Unsigned")
GREGORIAN = ("standard", "gregorian", "proleptic_gregorian")


def open_raw(path):
    dataset = netCDF4.Dataset(path)
    dataset.set_auto_maskandscale(False)
    dataset.set_auto_chartostring(False)
    return dataset


def is_number(variable):
    return isinstance(variable.datatype, np.dtype) and variable.datatype.kind in "iuf"


def json_value(value):
    """An attribute as JSON has it: one number plain, several as a list, NaN as text."""
    if isinstance(value, (str, list)):
        return value
    numbers = np.atleast_1d(value)
    items = [one if np.isfinite(one) else str(one) for one in numbers.tolist()]
    items = [{"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(i, i) for i in items]
    return items[0] if len(items) == 1 else items


def default_fill(dtype):
    return dtype.type(netCDF4.default_fillvals[dtype.str[1:]])


class Packing:
    """How one granule stores one variable."""

    def __init__(self, variable):
        attributes = {name: variable.getncattr(name) for name in variable.ncattrs()}
        self.attributes = attributes
        self.stored = variable.dtype.newbyteorder("=")
        unsigned = str(attributes.get("_Unsigned", "")).lower() == "true"
        self.packed = np.dtype(f"u{self.stored.itemsize}") if unsigned else self.stored
        self.scale = self._number("scale_factor")
        self.offset = self._number("add_offset")
        self.is_packed = self.scale is not None or self.offset is not None
        self.missing = [
            bits for name in ("_FillValue", "missing_value") for bits in self._stored(name)
        ]

    def _number(self, name):
        value = self.attributes.get(name)
        if value is None or isinstance(value, (str, list)) or np.size(value) != 1:
            return None
        return np.float64(np.ravel(value)[0])

    def _stored(self, name):
        """The attribute's numbers as stored ones; what the type can't hold matches nothing."""
        value = self.attributes.get(name)
        if value is None or isinstance(value, (str, list)):
            return
        for one in np.ravel(value):
            if isinstance(one, np.integer) and one.itemsize == self.stored.itemsize:
                if self.stored.kind in "iu":
                    yield one.astype(self.stored)
                    continue
            with np.errstate(all="ignore"):
                cast = one.astype(self.stored)
            if cast == one or cast != cast:
                yield cast

    @property
    def scaling(self):
        return (
            1.0 if self.scale is None else float(self.scale),
            0.0 if self.offset is None else float(self.offset),
        )

    def is_missing(self, stored):
        result = np.zeros(stored.shape, bool)
        for fill in self.missing:
            result |= bits_of(stored) == bits_of(fill)
        return result

    def unpacked(self, stored, dtype):
        scale, offset = self.scaling
        with np.errstate(all="ignore"):
            values = stored.view(self.packed).astype("f8") * scale + offset
            values = values.astype(dtype)
        values[self.is_missing(stored)] = np.nan
        return values


def bits_of(numbers):
    numbers = np.asarray(numbers)
    return numbers.view(f"u{numbers.dtype.itemsize}")


class Granule:
    def __init__(self, path, time):
        self.path = path
        with open_raw(path) as dataset:
            self.attributes = {name: dataset.getncattr(name) for name in dataset.ncattrs()}
            self.time_name = time or self._find_time(dataset)
            clock = dataset[self.time_name]
            self.time_dimension = clock.dimensions[0] if clock.dimensions else None
            self.time_units = clock.units
            self.calendar = getattr(clock, "calendar", "standard").lower()
            self.time_stored = np.atleast_1d(clock[...])
            self.instants = np.atleast_1d(
                cftime.num2date(self.time_stored, clock.units, self.calendar)
            )
            self.packings = {}
            self.dimensions = {}
            self.shapes = {}
            for name, variable in dataset.variables.items():
                if is_number(variable):
                    self.packings[name] = Packing(variable)
                    self.dimensions[name] = variable.dimensions
                    self.shapes[name] = variable.shape

    @staticmethod
    def _find_time(dataset):
        dated = [
            name
            for name, variable in dataset.variables.items()
            if is_number(variable)
            and " since " in str(getattr(variable, "units", ""))
            and variable.ndim <= 1
        ]
        own = [name for name in dated if dataset[name].dimensions == (name,)]
        axis = [
            name
            for name in dated
            if getattr(dataset[name], "axis", "") == "T"
            or getattr(dataset[name], "standard_name", "") == "time"
        ]
        for candidates in (own, axis):
            if len(candidates) == 1:
                return candidates[0]
        raise SystemExit(f"{dataset.filepath()}: which of {dated} is the time? use --time")

    def stored(self, name):
        with open_raw(self.path) as dataset:
            values = np.asarray(dataset[name][...], self.packings[name].stored, order="C")
        return values


class Stack:
    """Granules in order of time, and what becomes of their variables."""

    def __init__(self, paths, time=None, unpack=(), duplicates=None, left_out=None):
        granules = sorted(
            (Granule(path, time) for path in paths), key=lambda g: (g.instants[0], g.path)
        )
        self.granules = granules
        self.time_name = granules[0].time_name
        self.time_dimension = granules[0].time_dimension
        self.steps = sorted(
            (
                (instant, g, i)
                for g in granules
                for i, instant in enumerate(g.instants)
                if g.path != left_out
            ),
            key=lambda step: (step[0], step[1].path),
        )
        if duplicates:
            ordered = self.steps if duplicates == "last" else self.steps[::-1]
            self.steps = sorted({step[0]: step for step in ordered}.values(), key=lambda s: s[0])
        self.years = sorted({step[0].year for step in self.steps})
        names = dict.fromkeys(name for g in granules for name in g.packings)
        self.variables = {}
        for name in names:
            if name != self.time_name:
                variable = StackVariable(self, name, force_unpack=name in unpack)
                if variable.role != "left out":
                    self.variables[name] = variable

    def steps_of(self, year):
        return [step for step in self.steps if step[0].year == year]

    @property
    def shared_attributes(self):
        def key(value):
            if isinstance(value, (str, list)):
                return (value,)
            return (np.asarray(value).dtype, np.ravel(value).tolist())

        shared = dict(self.granules[0].attributes)
        for granule in self.granules[1:]:
            theirs = granule.attributes
            shared = {
                name: value
                for name, value in shared.items()
                if name in theirs and key(theirs[name]) == key(value)
            }
        return {name: json_value(value) for name, value in shared.items()}

    @property
    def keeps_time_units(self):
        """Whether times can't be whole seconds of the Gregorian calendar."""
        first = self.granules[0]
        return first.calendar not in GREGORIAN or any(step[0].microsecond for step in self.steps)


class StackVariable:
    """One variable as all granules have it: its role, and what the stores must say of it."""

    def __init__(self, stack, name, force_unpack):
        self.stack = stack
        self.name = name
        self.members = [g for g in stack.granules if name in g.packings]
        first, newest = self.members[0], self.members[-1]
        self.packings = [g.packings[name] for g in self.members]
        packing = newest.packings[name]
        dimensions = first.dimensions[name]
        time = stack.time_dimension
        self.has_time = time is not None and time in dimensions
        self.role = self._role(dimensions)
        space = [d for d in dimensions if not (self.has_time and d == time)]
        self.shape = tuple(
            n for n, d in zip(first.shapes[name], dimensions) if not (self.has_time and d == time)
        )
        self.is_coordinate = self.role == "fixed" and tuple(space) == (name,)
        self.dimensions = tuple(space)
        if self.role == "data":
            self.dimensions = (time or stack.time_name, *space)
        is_flag = any(
            a in packing.attributes for a in ("flag_values", "flag_masks", "flag_meanings")
        )
        scalings = {p.scaling for p in self.packings}
        self.is_unpacked = len(scalings) > 1 or (force_unpack and packing.is_packed and not is_flag)
        self.is_complete = len(self.members) == len(stack.granules)
        if self.is_unpacked:
            self.dtype = np.dtype("f4" if packing.packed.itemsize <= 2 else "f8")
            self.fill = self.dtype.type(np.nan)
            self.masks_fill = True
        else:
            self.dtype = packing.stored
            self.fill = packing.missing[0] if packing.missing else default_fill(self.dtype)
            self.masks_fill = not self.is_coordinate and (
                "_FillValue" in packing.attributes
                or not self._fills_all_steps
                or self.missing_differs
            )

    @property
    def missing_differs(self):
        """Whether granules name other numbers as missing; one fill then stands for all of them."""
        kinds = {frozenset(bits_of(m).item() for m in p.missing) for p in self.packings}
        return len(kinds) > 1

    @property
    def _fills_all_steps(self):
        return self.is_complete or self.role == "fixed"

    def _role(self, dimensions):
        if self.has_time:
            return "data" if dimensions[0] == self.stack.time_dimension else "left out"
        if dimensions == (self.name,):
            return "fixed"
        first = self.members[0].stored(self.name)
        differs = any(
            g.stored(self.name).tobytes() != first.tobytes() for g in self.members[1:]
        )
        if differs:
            single = all(len(g.instants) == 1 for g in self.members)
            return "data" if single else "left out"
        whole_maps = self.stack.time_dimension is None and len(dimensions) > 1
        return "data" if whole_maps else "fixed"

    def values(self, steps):
        """The numbers as the store must hold them, shape `[time, …]`, or without time if fixed."""
        if self.role == "fixed":
            return self.members[0].stored(self.name)
        result = np.full((len(steps), *self.shape), self.fill, self.dtype)
        whole = {}
        for position, (_, granule, index) in enumerate(steps):
            if self.name not in granule.packings:
                continue
            if whole.get("path") != granule.path:
                whole = {"path": granule.path, "values": granule.stored(self.name)}
            stored = whole["values"][index] if self.has_time else whole["values"]
            packing = granule.packings[self.name]
            stored = np.asarray(stored, order="C").reshape(self.shape)
            if self.is_unpacked:
                result[position] = packing.unpacked(stored, self.dtype)
            else:
                result[position] = stored
                if self.missing_differs:
                    result[position][packing.is_missing(stored)] = self.fill
        return result

    def has_value(self, steps):
        """Where a granule has a value: neither missing in its own terms, nor absent."""
        result = np.zeros((len(steps), *self.shape), bool)
        for position, (_, granule, index) in enumerate(steps):
            packing = granule.packings.get(self.name)
            if packing is not None:
                stored = granule.stored(self.name)
                stored = stored[index] if self.has_time else stored
                result[position] = ~packing.is_missing(stored).reshape(self.shape)
                if not packing.missing and self.masks_fill and stored.itemsize > 1:
                    # NetCDF readers take the type's default fill for missing; bytes have none.
                    result[position] &= (stored != default_fill(stored.dtype)).reshape(self.shape)
        return result

    @property
    def attributes(self):
        """All but `_FillValue`, as JSON has them."""
        newest = self.packings[-1].attributes
        dropped = {"_FillValue", "_ARRAY_DIMENSIONS"}
        if self.is_unpacked:
            dropped.update(PACKING)
        elif any(not p.is_packed for p in self.packings):
            dropped.update(("scale_factor", "add_offset"))
        if self.missing_differs:
            dropped.add("missing_value")
        result = {}
        for name, value in newest.items():
            if name in dropped or name.lower().startswith("_nc"):
                continue
            if self.is_unpacked and name in LIMITS:
                value = self._unpacked_limit(name)
            value = json_value(value)
            if name != "missing_value" or value != "NaN":
                result[name] = value
        return result

    def _unpacked_limit(self, name):
        """The widest limit over all granules: a packed one means another value in each."""
        lows, highs = [], []
        for packing in self.packings:
            limit = packing.attributes.get(name)
            if limit is None:
                continue
            values = np.atleast_1d(limit)
            scale, offset = packing.scaling
            same = values.dtype.kind in "iu" and packing.packed.kind in "iu"
            if same and values.dtype.itemsize == packing.packed.itemsize:
                values = values.view(packing.packed).astype("f8") * scale + offset
            values = values.astype(self.dtype)
            lows.append(values.min())
            highs.append(values.max())
        if name == "valid_min":
            return min(lows)
        return max(highs) if name == "valid_max" else np.array([min(lows), max(highs)])
