// SPDX-License-Identifier: Apache-2.0
#include "engine/io/sink.h"

#include "engine/io/gpkg_sink.h"
#include "engine/io/ogr_sink.h"

namespace tuban {

void publish_all(std::span<Output* const> outputs) {
  std::size_t done = 0;
  try {
    for (; done < outputs.size(); ++done) outputs[done]->publish();
  } catch (...) {
    while (done > 0) outputs[--done]->withdraw();
    throw;
  }
}

std::unique_ptr<PatchSink> make_patch_sink(const MarkingJob& job, const Grid& grid, bool confidential,
                                           std::span<const Column> originals) {
  const VectorFormat format = vector_format(job);
  return format.driver == "GPKG" ? make_gpkg_sink(job, grid, confidential, originals)
                                 : make_ogr_sink(job, grid, format, confidential, originals);
}

}  // namespace tuban
