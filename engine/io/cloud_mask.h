// SPDX-License-Identifier: Apache-2.0
// Clouds by a mask beside the image: what its values mean, and how far around them the image is not believed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/raster_reader.h"

namespace tuban {

/// What a value of a cloud mask says of its pixel. Clouds and their shadows have blurred edges, which
/// dilation takes in; what is missing or defective has none.
enum class CloudCode : std::uint8_t { clear, missing, cloud, unknown };

/// A class map, for every value that 16 bits hold.
struct CloudClasses {
  std::string name;      ///< as it was asked for: "scl", "qa_pixel,snow", "8,9"
  std::string expected;  ///< the values it knows, for refusals
  std::vector<CloudCode> of;
  int dilate = 3;  ///< pixels, where nothing else is asked for

  /// A value that no map knows is unknown: a fraction, a negative one.
  CloudCode operator()(float value) const noexcept;
};

/// "scl" (Sentinel-2 scene classification: 0 no data, 1 defective, 3 shadow, 8 and 9 cloud, 10 cirrus),
/// "qa_pixel" (Landsat Collection 2: bits fill, dilated cloud, cirrus, cloud, shadow; not dilated any
/// further), both also with "snow"; "qa_pixel" with "medium", clouds of medium confidence; "binary" (1 or 255
/// is cloud, 0 is not); or the values that are cloud. Empty: binary. Throws Error(usage) for anything else.
CloudClasses cloud_classes(const std::vector<std::string>& words);

/// What all readers of a cloud mask share.
struct CloudPlan {
  std::string path;
  std::vector<std::string> open_options;
  int band = 1;
  kernels::SampleType type =
      kernels::SampleType::uint8;  ///< others than bytes and uint16 are read as float32
  BlockShape block;
  std::optional<float> nodata;
  std::optional<TiffPlan> tiff;
  int width = 0, height = 0;  ///< of the image
  int factor = 1;             ///< pixels of the image along a side of one of the mask
  int dilate = 0;             ///< pixels of the image
  CloudClasses classes;
};

/// Where a cloud mask lies and how it is to be read.
struct CloudChoice {
  std::string path;
  std::vector<std::string> open_options;
  std::vector<std::string> classes;
  int band = 1;
  std::optional<int> dilate;
  bool by_tiff = true;
};

/// Throws Error(usage) if the mask cannot be opened or has no such band, Error(mismatch) if it lies neither
/// on the grid of its image nor on one with pixels a whole number of times larger.
CloudPlan plan_cloud_mask(const CloudChoice& choice, const std::string& image, const Grid& grid);

/// One open mask; used by one thread at a time.
class CloudMask {
 public:
  explicit CloudMask(const CloudPlan& plan);
  ~CloudMask();

  /// Clears what is missing, and all within `dilate` rows and columns of a cloud, also of one outside the
  /// window. Throws Error(mismatch) at a value of no class, Error(runtime) where the mask cannot be read.
  void apply(const Window& window, std::uint8_t* valid, std::ptrdiff_t stride);

  /// The most memory one holds.
  static std::size_t memory(const CloudPlan& plan);

 private:
  void load(int row, int last_row, int column, int columns);
  void read_piece(const Window& part);

  const CloudPlan& plan_;
  DatasetHandle dataset_;
  std::unique_ptr<TiffReader> tiff_;
  std::vector<std::byte> samples_;
  std::vector<CloudCode> codes_;  // of the rows loaded
  int first_row_ = 0, end_row_ = 0;
  std::vector<int> last_cloud_, count_, from_, to_;
};

}  // namespace tuban
