// SPDX-License-Identifier: Apache-2.0
// Masks with samples and scores, ways to cut them into tiles, and what the naive way counts on them.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/scan/assemble.h"
#include "engine/scan/region.h"
#include "kernels/extract.h"
#include "kernels/view.h"

namespace tuban::test {

using Random = std::mt19937_64;

/// A seed for the whole program: TUBAN_TEST_SEED, else fixed.
std::uint64_t base_seed();
int draw(Random& random, int least, int most);

/// A raster of mask, score and native samples.
struct Scene {
  int width = 0, height = 0;
  std::vector<std::uint8_t> mask;
  std::vector<float> score;
  kernels::SampleType type = kernels::SampleType::uint8;
  std::vector<std::vector<std::byte>> before, after;  ///< per band, width * height samples
  std::vector<kernels::FixedPoint> fixed_before, fixed_after;

  std::uint8_t at(int x, int y) const {
    if (x < 0 || y < 0 || x >= width || y >= height) return kernels::kInvalid;
    return mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  bool changed(int x, int y) const { return at(x, y) == kernels::kChanged; }
  int bands() const { return static_cast<int>(before.size()); }
  double sample(bool is_after, std::size_t band, int x, int y) const;
};

/// '#' changed, 'x' invalid, anything else unchanged; no bands, score 1 where changed.
Scene drawn_scene(const std::vector<std::string>& rows);
Scene random_scene(Random& random, int width, int height, double fill, double invalid, int bands,
                   kernels::SampleType type);
Scene checkerboard(int size);
Scene spiral(int size);
Scene nested_rings(int size);
Scene diagonal_stripes(int size);

/// Tiles in the order of the scan: units by rows, in each unit tiles by rows. `x_lines` and `y_lines` are all
/// inner grid lines, ascending; every `unit`-th of them also parts units (0: one unit).
std::vector<kernels::Window> tiling(int width, int height, const std::vector<int>& x_lines,
                                    const std::vector<int>& y_lines, int unit);
std::vector<kernels::Window> regular_tiling(int width, int height, int tile_width, int tile_height,
                                            int unit = 0);
std::vector<kernels::Window> random_tiling(Random& random, int width, int height);
std::string to_string(const std::vector<kernels::Window>& tiles);

void extract_tile(const Scene& scene, const kernels::Window& core, kernels::Extractor& extractor,
                  kernels::TileRegions& out);
/// All regions by id.
std::vector<Region> assemble(const Scene& scene, const std::vector<kernels::Window>& tiles, int connectivity,
                             CutLimit cut = {}, std::int64_t fewest_pixels = 0);

/// By flood fill and pixel after pixel; the key is the first pixel of the region.
std::map<std::uint64_t, kernels::RegionStats> naive_stats(const Scene& scene, int connectivity);

std::int64_t shoelace(const LatticeRing& ring);  ///< twice the signed area

}  // namespace tuban::test
