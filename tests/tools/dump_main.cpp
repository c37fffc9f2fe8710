// SPDX-License-Identifier: Apache-2.0
// tuban-dump FILE...: the canonical dump of a result GeoPackage, or the hash of a raster (.tif), on stdout.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/support/dump.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: tuban-dump RESULT.gpkg | RASTER.tif ...\n", stderr);
    return 2;
  }
  try {
    for (int i = 1; i < argc; ++i) {
      const std::string path = argv[i];
      const std::string text =
          path.ends_with(".tif") ? tuban::test::hash_raster(path) + "\n" : tuban::test::dump_geopackage(path);
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return 1;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tuban-dump: %s\n", error.what());
    return 1;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
