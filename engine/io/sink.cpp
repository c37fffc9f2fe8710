// SPDX-License-Identifier: Apache-2.0
#include "engine/io/sink.h"

#include "engine/io/gpkg_sink.h"
#include "engine/io/ogr_sink.h"

namespace tuban {

std::unique_ptr<PatchSink> make_patch_sink(const Job& job, const Grid& grid) {
  const VectorFormat format = vector_format(job);
  return format.driver == "GPKG" ? make_gpkg_sink(job, grid) : make_ogr_sink(job, grid, format);
}

}  // namespace tuban
