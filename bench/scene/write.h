// SPDX-License-Identifier: Apache-2.0
// Files of a scene.
#pragma once

#include "bench/scene/layout.h"

namespace tuban::scene {

void write_rasters(const Layout& layout, const Options& options, Summary& summary);
void write_layers(const Layout& layout, const Options& options);  ///< layers.gpkg, layers.yaml
void write_truth(const Layout& layout, const Options& options);   ///< truth.gpkg
void write_job(const Options& options);                           ///< job.yaml

}  // namespace tuban::scene
