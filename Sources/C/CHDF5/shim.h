#pragma once
#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

// Macros with casts or function calls, which Swift doesn't import.

static inline hid_t shim_h5e_default(void) { return H5E_DEFAULT; }
static inline hid_t shim_h5p_default(void) { return H5P_DEFAULT; }
static inline unsigned shim_h5f_acc_rdonly(void) { return H5F_ACC_RDONLY; }
static inline unsigned shim_h5f_acc_rdwr(void) { return H5F_ACC_RDWR; }
static inline haddr_t shim_haddr_undef(void) { return HADDR_UNDEF; }
static inline hsize_t shim_h5s_unlimited(void) { return H5S_UNLIMITED; }
static inline hid_t shim_h5p_file_access(void) { return H5P_FILE_ACCESS; }

/// The native integer type of a size in bytes, 1, 2, 4 or 8; negative for others.
static inline hid_t shim_native_integer(size_t size, int is_signed) {
  switch (size) {
    case 1: return is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    case 2: return is_signed ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    case 4: return is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    case 8: return is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
    default: return -1;
  }
}

static inline hid_t shim_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t shim_native_double(void) { return H5T_NATIVE_DOUBLE; }

/// Whether a type is IEEE 754 binary32 or binary64, in either byte order.
static inline int shim_is_ieee(hid_t type) {
  return H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0 ||
         H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
}
