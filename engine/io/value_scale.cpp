// SPDX-License-Identifier: Apache-2.0
#include "engine/io/value_scale.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <fmt/format.h>
#include <gdal_priv.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "kernels/view.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::size_t kPieceBytes = 4'000'000;
constexpr double kSentinel2Offset = -1000;  // since baseline 04.00, in every band
constexpr double kOffsetSinceBaseline = 4.0;

/// Of one scene, per band.
struct Linear {
  double scale = 1, offset = 0;
};

/// Adds in place; the largest sample stays, so that what was saturated can be told.
template <typename T>
void add(T* row, int count, double offset) {
  if constexpr (std::is_floating_point_v<T>) {
    for (int x = 0; x < count; ++x) row[x] = static_cast<T>(static_cast<double>(row[x]) + offset);
  } else {
    constexpr int kLeast = std::numeric_limits<T>::min();
    constexpr int kMost = std::numeric_limits<T>::max();
    const int step = static_cast<int>(std::clamp(std::round(offset), -1e6, 1e6));
    for (int x = 0; x < count; ++x) {
      const int value = row[x];
      const int moved = std::clamp(value + step, kLeast, kMost);
      row[x] = static_cast<T>(value == kMost ? kMost : moved);
    }
  }
}

struct Shared {
  std::shared_ptr<const Source> inner;
  std::vector<Linear> bands;
  bool physical = false;
};

class ScaledReader final : public Reader {
 public:
  explicit ScaledReader(std::shared_ptr<const Shared> shared)
      : shared_(std::move(shared)), inner_(shared_->inner->open()) {}

  void read(const Window& window, const PixelBuffer& into) override {
    if (!shared_->physical) {
      inner_->read(window, into);
      shift(window, into);
      return;
    }
    const SourceInfo& info = shared_->inner->info();
    const int block_height = info.rows_apart ? 1 : info.block_height;
    for (int y = window.y; y < window.y + window.height;) {
      const int below = std::min((y / block_height + 1) * block_height, window.y + window.height);
      for (int x = window.x; x < window.x + window.width;) {
        const std::int64_t cut = (x / info.block_width + blocks(info)) * info.block_width;
        const int beyond = static_cast<int>(std::min<std::int64_t>(cut, window.x + window.width));
        convert({x, y, beyond - x, below - y}, window, into);
        x = beyond;
      }
      y = below;
    }
  }

  static std::int64_t blocks(const SourceInfo& info) {
    const std::size_t block = block_bytes(info);
    return static_cast<std::int64_t>(std::max<std::size_t>(1, kPieceBytes / std::max<std::size_t>(1, block)));
  }

  static std::size_t block_bytes(const SourceInfo& info) {
    return static_cast<std::size_t>(info.block_width) *
           static_cast<std::size_t>(info.rows_apart ? 1 : info.block_height) * info.bands.size() *
           kernels::sample_size(static_cast<kernels::SampleType>(info.type));
  }

 private:
  void shift(const Window& window, const PixelBuffer& into) {
    kernels::with_sample_type(static_cast<kernels::SampleType>(shared_->inner->info().type), [&](auto zero) {
      using T = decltype(zero);
      for (std::size_t b = 0; b < shared_->bands.size(); ++b) {
        const double offset = shared_->bands[b].offset;
        if (offset == 0) continue;
        T* row = reinterpret_cast<T*>(into.planes[b]);
        for (int y = 0; y < window.height; ++y, row += into.stride) add(row, window.width, offset);
      }
    });
  }

  void convert(const Window& part, const Window& window, const PixelBuffer& into) {
    const SourceInfo& info = shared_->inner->info();
    const auto type = static_cast<kernels::SampleType>(info.type);
    const auto pixels = static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height);
    const std::size_t plane = pixels * kernels::sample_size(type);
    samples_.resize(std::max(samples_.size(), plane * info.bands.size()));
    planes_.clear();
    for (std::size_t b = 0; b < info.bands.size(); ++b) planes_.push_back(samples_.data() + b * plane);
    const auto row = static_cast<std::ptrdiff_t>(part.y - window.y);
    const auto column = static_cast<std::ptrdiff_t>(part.x - window.x);
    std::uint8_t* valid = into.valid ? into.valid + row * into.valid_stride + column : nullptr;
    inner_->read(part, {planes_, part.width, valid, into.valid_stride});
    kernels::with_sample_type(type, [&](auto zero) {
      for (std::size_t b = 0; b < planes_.size(); ++b) {
        const auto* from = reinterpret_cast<const decltype(zero)*>(planes_[b]);
        float* to = reinterpret_cast<float*>(into.planes[b]) + row * into.stride + column;
        const Linear linear = shared_->bands[b];
        for (int y = 0; y < part.height; ++y, to += into.stride)
          for (int x = 0; x < part.width; ++x)
            to[x] = static_cast<float>(static_cast<double>(*from++) * linear.scale + linear.offset);
      }
    });
  }

  std::shared_ptr<const Shared> shared_;
  std::unique_ptr<Reader> inner_;
  std::vector<std::byte> samples_;
  std::vector<std::byte*> planes_;
};

class ScaledSource final : public Source {
 public:
  explicit ScaledSource(Shared shared) : shared_(std::make_shared<const Shared>(std::move(shared))) {
    info_ = shared_->inner->info();
    for (BandInfo& band : info_.bands) {
      band.offset = 0;
      if (shared_->physical) band.scale = 1;
    }
    if (!shared_->physical) return;
    info_.reader_bytes += std::max(kPieceBytes, ScaledReader::block_bytes(shared_->inner->info()));
    info_.type = SampleType::float32;
  }

  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<ScaledReader>(shared_); }

 private:
  std::shared_ptr<const Shared> shared_;
  SourceInfo info_;
};

/// What a scene's samples mean, offsets in samples.
std::vector<Linear> linear_of(const SourceInfo& info, std::optional<double> given) {
  std::vector<Linear> bands;
  for (const BandInfo& band : info.bands) {
    if (!(band.scale > 0) || !std::isfinite(band.scale) || !std::isfinite(band.offset))
      throw Error(ErrorCode::mismatch,
                  fmt::format("band \"{}\" of {} has scale {} and offset {}; expected a positive scale and a "
                              "number (gdal_edit.py -scale 1 -offset 0 takes them away)",
                              band.name, info.name, band.scale, band.offset));
    double offset = given.value_or(band.offset / band.scale);
    if (info.type != SampleType::float32) offset = std::round(offset);
    bands.push_back({band.scale, offset});
  }
  return bands;
}

bool one_scale(const std::vector<Linear>& a, const std::vector<Linear>& b) {
  const auto same = [&](const Linear& band) {
    return std::abs(band.scale - a.front().scale) <= 1e-9 * a.front().scale;
  };
  return std::all_of(a.begin(), a.end(), same) && std::all_of(b.begin(), b.end(), same);
}

std::string scales(const std::vector<Linear>& bands) {
  const auto [least, most] = std::minmax_element(
      bands.begin(), bands.end(), [](const Linear& a, const Linear& b) { return a.scale < b.scale; });
  return least->scale == most->scale ? fmt::format("{:.9g}", least->scale)
                                     : fmt::format("{:.9g} to {:.9g}", least->scale, most->scale);
}

}  // namespace

void read_scale(GDALDataset& dataset, int band, const std::string& profile, BandInfo& info) {
  GDALRasterBand& raster = *dataset.GetRasterBand(band);
  info.scale = raster.GetScale();
  info.offset = raster.GetOffset();
  if (info.offset != 0) return;
  const auto text = [&](const char* key) {
    const char* value = raster.GetMetadataItem(key);
    return value ? value : dataset.GetMetadataItem(key);
  };
  for (const char* key : {"BOA_ADD_OFFSET", "RADIO_ADD_OFFSET"})
    if (const char* value = text(key)) {
      info.offset = CPLAtof(value) * info.scale;
      return;
    }
  const char* baseline = text("PROCESSING_BASELINE");
  const char* product = text("PRODUCT_TYPE");
  const bool sentinel2 = profile == "sentinel2" || (product && STARTS_WITH_CI(product, "S2MSI"));
  if (baseline && sentinel2 && CPLAtof(baseline) >= kOffsetSinceBaseline)
    info.offset = kSentinel2Offset * info.scale;
}

ValueScale bring_to_one_scale(std::shared_ptr<const Source>& before, std::shared_ptr<const Source>& after,
                              std::optional<double> before_offset, std::optional<double> after_offset,
                              const std::function<void(const std::string&)>& warn) {
  const std::vector<Linear> was = linear_of(before->info(), before_offset);
  const std::vector<Linear> is = linear_of(after->info(), after_offset);
  ValueScale done;
  done.physical = !one_scale(was, is);
  if (done.physical)
    warn(fmt::format(
        "samples of {} have scale {} and those of {} have {}: both are brought to physical values "
        "by the scale and offset of their bands",
        before->info().name, scales(was), after->info().name, scales(is)));
  for (const auto& [source, bands, added] :
       {std::tuple{&before, &was, &done.before}, std::tuple{&after, &is, &done.after}}) {
    Shared shared{*source, *bands, done.physical};
    bool any = false;
    for (Linear& band : shared.bands) {
      added->push_back(band.offset);
      any = any || band.offset != 0;
      if (done.physical) band.offset *= band.scale;
    }
    if (any || done.physical) *source = std::make_shared<ScaledSource>(std::move(shared));
  }
  return done;
}

}  // namespace tuban
