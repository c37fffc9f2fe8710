# SPDX-License-Identifier: Apache-2.0
"""Arrow streams, read by hand: Debian has no pyarrow."""

import ctypes
import gc

import pytest
import tuban


class Schema(ctypes.Structure):
    pass


Schema._fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_void_p),
                   ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
                   ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", ctypes.c_void_p),
                   ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))), ("private_data", ctypes.c_void_p)]


class Stream(ctypes.Structure):
    _fields_ = [("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(Schema)))]


def columns(capsule):
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    address = pointer(capsule, b"arrow_array_stream")
    schema = Schema()
    assert Stream.from_address(address).get_schema(address, ctypes.byref(schema)) == 0
    names = [schema.children[i].contents.name.decode() for i in range(schema.n_children)]
    schema.release(ctypes.byref(schema))
    return names


@pytest.mark.parametrize("table", ["patches", "findings", "overlaps", "pieces", "spectra"])
def test_each_table_is_a_stream_of_its_columns(square, table):
    result = tuban.detect(square.before, square.after, **square.about)
    capsule = result.to_arrow(table).__arrow_c_stream__()
    expected = list(getattr(result._outcome, table)())
    del result
    gc.collect()
    assert columns(capsule) == expected + (["wkb_geometry"] if table in ("patches", "pieces") else [])


def test_a_result_is_its_patches(square):
    result = tuban.detect(square.before, square.after, **square.about)
    assert "patch_id" in columns(result.__arrow_c_stream__())
    with pytest.raises(tuban.UsageError, match="patches, findings"):
        result.to_arrow("run")
