This is no NetCDF file.
