# SPDX-License-Identifier: Apache-2.0
# Every third party, found once. Targets are linked PRIVATE: a consumer of the library needs none of them.
find_package(PkgConfig REQUIRED)
find_package(GDAL 3.6 REQUIRED)
find_package(TIFF 4.5 REQUIRED)  # handlers of a handle's own
find_package(PROJ 9.1 REQUIRED)
find_package(Eigen3 3.4 REQUIRED)
find_package(TBB REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Threads REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(GEOS REQUIRED IMPORTED_TARGET geos)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(JEMALLOC IMPORTED_TARGET jemalloc)
pkg_check_modules(XLSXWRITER REQUIRED IMPORTED_TARGET xlsxwriter)

if(TUBAN_PYTHON AND NOT TUBAN_SANITIZE)
  if(NOT DEFINED Python_EXECUTABLE AND EXISTS /usr/bin/python3)
    set(Python_EXECUTABLE /usr/bin/python3 CACHE FILEPATH "The interpreter that the module is for")
  endif()
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
endif()

# Eigen must not start threads of its own inside a worker.
add_library(tuban_eigen INTERFACE)
target_link_libraries(tuban_eigen INTERFACE Eigen3::Eigen)
target_compile_definitions(tuban_eigen INTERFACE EIGEN_DONT_PARALLELIZE)
